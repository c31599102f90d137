from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from analysis.errors import ModelError
from inference.catalogue import ModelSpec, available, find, load_spec
from inference.recipes import Normalisation, PercentileRecipe
from inference.session import verify_checksum
from tests.inference.conftest import write_card


def test_a_card_becomes_a_specification(spec: ModelSpec) -> None:
    assert spec.labels[0] == (1, "segment_1")
    everything = Normalisation(0, 100, positive_only=False)
    assert spec.recipe == PercentileRecipe(4.0, everything, divisor=8, tile=(32, 32, 24))


def test_the_newest_version_is_found_by_number_and_not_by_text(models_root: Path) -> None:
    first = models_root / "levels" / "1.0.0"
    for version in ("1.10.0", "1.9.0"):
        folder = models_root / "levels" / version
        folder.mkdir()
        (folder / "model.onnx").write_bytes((first / "model.onnx").read_bytes())
        write_card(folder, version=version)
    assert find("levels", "", models_root).version == "1.10.0"
    assert find("levels", "1.9.0", models_root).version == "1.9.0"
    assert [s.version for s in available(models_root)] == ["1.0.0", "1.9.0", "1.10.0"]


def test_a_model_that_is_not_installed_is_named(models_root: Path) -> None:
    with pytest.raises(ModelError, match="spleen is not installed") as caught:
        find("spleen", "", models_root)
    assert caught.value.code == "model-missing"


@pytest.mark.parametrize(
    "change",
    [
        {"orientation": "LPS"},
        {"normalisation": {"kind": "z-score"}},
        {"normalisation": {"kind": "percentile", "lower": 99, "upper": 1}},
        {"patch": [33, 32, 24]},
        {"labels": {"1": "segment_11"}},
        {"labels": {}},
        {"recipe": {"kind": "guess"}},
        {"recipe": {"kind": "nnunet"}},
    ],
)
def test_a_card_that_cannot_be_followed_is_refused(
    models_root: Path, change: dict[str, object]
) -> None:
    folder = models_root / "levels" / "1.0.0"
    write_card(folder, **change)
    with pytest.raises(ModelError, match="install the model again") as caught:
        load_spec(folder)
    assert caught.value.code == "model-card-invalid"


def test_an_altered_model_file_is_not_used(spec: ModelSpec) -> None:
    verify_checksum(spec.path, spec.sha256)
    spec.path.write_bytes(spec.path.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="not the one its card describes"):
        verify_checksum(spec.path, spec.sha256)


def test_a_missing_model_file_is_named(spec: ModelSpec) -> None:
    gone = dataclasses.replace(spec, path=spec.path.with_name("gone.onnx"))
    with pytest.raises(ModelError, match="file is missing"):
        verify_checksum(gone.path, gone.sha256)


def test_the_shipped_models_are_what_their_cards_say() -> None:
    models = available()
    if not models:
        pytest.skip("no model is shipped yet")
    for model in models:
        verify_checksum(model.path, model.sha256)
