from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from analysis.errors import ModelError
from inference.catalogue import ModelSpec, available, find
from inference.packages import install_package, write_package
from tests.inference.conftest import write_card


@pytest.fixture
def package(spec: ModelSpec, tmp_path: Path) -> Path:
    target = tmp_path / "levels.zip"
    write_package(spec.path.parent, target)
    return target


def changed(package: Path, **contents: bytes) -> io.BytesIO:
    """Return a package whose files are replaced; an empty content removes one."""
    kept = {"model.onnx": b"", "card.json": b""}
    with zipfile.ZipFile(package) as archive:
        kept = {name: archive.read(name) for name in kept}
    names = {"onnx": "model.onnx", "card": "card.json", "more": "run.sh"}
    kept |= {names[key]: content for key, content in contents.items()}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in kept.items():
            if content:
                archive.writestr(name, content)
    written.seek(0)
    return written


def card_with(package: Path, **changes: object) -> bytes:
    with zipfile.ZipFile(package) as archive:
        card = json.loads(archive.read("card.json"))
    return json.dumps(card | changes).encode()


def test_a_package_is_installed_as_it_was(package: Path, spec: ModelSpec, tmp_path: Path) -> None:
    root = tmp_path / "other"
    installed = install_package(package, root)
    assert installed.sha256 == spec.sha256
    assert installed.path == root / "levels" / "1.0.0" / "model.onnx"
    assert find("levels", "1.0.0", root) == installed
    assert [path.name for path in root.iterdir()] == ["levels"]


def test_a_model_is_not_replaced_by_another_of_its_version(package: Path, tmp_path: Path) -> None:
    install_package(package, tmp_path / "other")
    with pytest.raises(ModelError, match="installed already") as caught:
        install_package(package, tmp_path / "other")
    assert caught.value.code == "model-exists"


def test_an_altered_network_is_refused(package: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not the one its card describes"):
        install_package(changed(package, onnx=b"something else"), tmp_path / "other")
    assert not available(tmp_path / "other")


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [({"onnx": b""}, "it holds card.json"), ({"more": b"rm"}, "it holds card.json, model.onnx")],
)
def test_a_zip_of_anything_else_is_refused(
    package: Path, tmp_path: Path, contents: dict[str, bytes], sentence: str
) -> None:
    with pytest.raises(ModelError, match=sentence) as caught:
        install_package(changed(package, **contents), tmp_path / "other")
    assert caught.value.code == "model-package-invalid"


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no ZIP"):
        install_package(io.BytesIO(b"not a ZIP"), tmp_path / "other")


@pytest.mark.parametrize("changes", [{"name": "../../outside"}, {"version": "../1"}])
def test_a_name_cannot_lead_out_of_the_folder(
    package: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    card = card_with(package, **changes)
    with pytest.raises(ModelError, match="cannot be a model's name and version"):
        install_package(changed(package, card=card), tmp_path / "other")
    assert not (tmp_path / "outside").exists()


def test_a_card_without_a_licence_is_refused(package: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        card = json.loads(archive.read("card.json"))
    del card["licence"]
    with pytest.raises(ModelError, match="licence") as caught:
        install_package(changed(package, card=json.dumps(card).encode()), tmp_path / "other")
    assert caught.value.code == "model-card-invalid"


def test_a_network_with_too_few_channels_is_refused(spec: ModelSpec, tmp_path: Path) -> None:
    folder = spec.path.parent
    model = onnx.load(str(spec.path))
    levels = numpy_helper.from_array(np.zeros((1, 4, 1, 1, 1), np.float32), "levels")
    model.graph.initializer[0].CopyFrom(levels)
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 4
    onnx.save(model, str(spec.path))
    write_card(folder)
    write_package(folder, tmp_path / "few.zip")
    with pytest.raises(ModelError, match="4 channels, fewer than its card names"):
        install_package(tmp_path / "few.zip", tmp_path / "other")
    assert not available(tmp_path / "other")
