"""A network that draws the liver after a coarser one has found it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import ModelError
from analysis.quantities import MR_SIGNAL
from analysis.volume import Geometry, Volume
from inference.catalogue import ModelSpec, load_spec
from inference.confidence import Calibration
from inference.looks import Network
from inference.percentile_prediction import predict_on_patient_axes
from inference.recipes import Normalisation, PercentileRecipe
from inference.segmentation import segment_liver
from tests.inference.conftest import block_liver, write_card, write_level_network

LABELS = tuple((number, f"segment_{number}") for number in range(1, 9))


@pytest.fixture
def pair(models_root: Path) -> ModelSpec:
    folder = models_root / "levels" / "2.0.0"
    folder.mkdir()
    write_level_network(folder / "model.onnx")
    write_card(
        folder, version="2.0.0", spacing_mm=2.0, locator={"name": "levels", "version": "1.0.0"}
    )
    return load_spec(folder)


def recipe(spacing_mm: float) -> PercentileRecipe:
    rule = Normalisation(0, 100, positive_only=False)
    return PercentileRecipe(spacing_mm, rule, divisor=8, tile=(64, 64, 64))


def says(liver: float, seen: list[tuple[int, ...]]):
    """A network that is equally sure everywhere that segment VII is liver where it is bright."""

    def run(tile: np.ndarray) -> np.ndarray:
        seen.append(tile.shape[2:])
        bright = tile[0, 0] > 0.5
        logits = np.full((1, 9, *tile.shape[2:]), -20.0, np.float32)
        logits[0, 7] = np.where(bright, np.log(liver), -20)
        logits[0, 0] = np.where(bright, np.log(1 - liver), 20)
        return logits

    return run


def far_and_bright() -> Volume:
    """A bright cube of 80 mm in a corner of 320 mm of darkness."""
    image = np.zeros((80, 80, 80), np.float32)
    image[50:70, 10:30, 40:60] = 1
    return Volume(image, Geometry(image.shape, np.diag([4.0, 4.0, 4.0, 1.0])), MR_SIGNAL)


def half_of_it() -> Network:
    """A network that sees the lower half of what is bright."""
    whole = says(0.95, [])

    def run(tile: np.ndarray) -> np.ndarray:
        logits = whole(tile)
        bright = np.argwhere(tile[0, 0] > 0.5)
        middle = int(bright[:, 2].mean()) if len(bright) else 0
        logits[0, 7, :, :, middle:] = -20
        logits[0, 0, :, :, middle:] = 20
        return logits

    return Network(recipe(4.0), run)


def test_both_models_are_named_and_the_one_that_draws_comes_last(pair: ModelSpec) -> None:
    result = segment_liver(block_liver(), device="cpu", threads=1, spec=pair)
    assert [(use.name, use.version) for use in result.models] == [
        ("levels", "1.0.0"),
        ("levels", "2.0.0"),
    ]


def test_labels_known_by_construction_come_back_through_both(pair: ModelSpec) -> None:
    volume = block_liver(spacing_mm=2.0)
    found = segment_liver(volume, device="cpu", threads=1, spec=pair).labels.array
    truth = np.round(volume.array * 8).astype(int)
    for label in range(1, 9):
        same = np.count_nonzero((found == label) & (truth == label))
        assert 2 * same / (np.count_nonzero(found == label) + np.sum(truth == label)) > 0.85


def test_the_closer_look_sees_the_liver_and_not_the_whole_body() -> None:
    far: list[tuple[int, ...]] = []
    near: list[tuple[int, ...]] = []
    locator = Network(recipe(8.0), says(0.9, far))
    network = Network(recipe(4.0), says(0.9, near))
    predict_on_patient_axes((far_and_bright(),), LABELS, network, locator)
    assert set(far) == {(40, 40, 40)}
    assert len(near) == 1  # 80 mm and 36 mm around it are one tile of 256 mm, not 27 of them


def test_the_locator_finds_and_the_network_draws() -> None:
    locator = Network(recipe(4.0), says(0.95, []))
    network = Network(recipe(4.0), says(0.75, []))
    prediction = predict_on_patient_axes((far_and_bright(),), LABELS, network, locator)
    assert prediction.liver[60, 20, 50] == pytest.approx(0.75, abs=1e-4)
    assert prediction.liver[5, 70, 5] == 0
    assert prediction.segments[60, 20, 50] == 7
    assert np.argwhere(prediction.mask).min(axis=0).tolist() == [50, 10, 40]
    assert np.argwhere(prediction.mask).max(axis=0).tolist() == [69, 29, 59]


def test_a_closer_look_that_misses_the_located_liver_is_not_taken() -> None:
    locator = Network(recipe(4.0), says(0.95, []))
    blind = Network(recipe(4.0), says(0.05, []))
    prediction = predict_on_patient_axes((far_and_bright(),), LABELS, blind, locator)
    assert prediction.liver[60, 20, 50] == pytest.approx(0.95, abs=1e-4)
    assert prediction.agreement == 0
    seeing = Network(recipe(4.0), says(0.75, []))
    agreed = predict_on_patient_axes((far_and_bright(),), LABELS, seeing, locator)
    assert agreed.agreement is None, "one view, and two looks that agree"


def test_the_dice_to_expect_is_that_of_the_network_whose_answer_stands() -> None:
    modest = replace(recipe(4.0), calibration=Calibration((0.0, 1.0), (0.4, 0.4)))
    proud = replace(recipe(4.0), calibration=Calibration((0.0, 1.0), (0.9, 0.9)))
    locator, image = Network(modest, says(0.95, [])), far_and_bright()
    seeing = Network(proud, says(0.75, []))
    blind = Network(proud, says(0.05, []))
    drawn = predict_on_patient_axes((image,), LABELS, seeing, locator)
    missed = predict_on_patient_axes((image,), LABELS, blind, locator)
    assert (drawn.confidence, missed.confidence) == (0.9, 0.4)


def test_looks_that_share_nothing_promise_half_at_most() -> None:
    proud = replace(recipe(4.0), calibration=Calibration((0.0, 1.0), (0.9, 0.9)))
    locator = Network(proud, says(0.95, []))
    blind = Network(proud, says(0.05, []))
    missed = predict_on_patient_axes((far_and_bright(),), LABELS, blind, locator)
    assert missed.confidence == 0.5
    assert type(missed.confidence) is float, "and no type of an array library"


def test_views_that_share_nothing_stay_on_record_where_the_closer_look_is_not_taken() -> None:
    image = far_and_bright()
    elsewhere = Volume(np.flip(image.array).copy(), image.geometry, MR_SIGNAL)
    locator = Network(recipe(4.0), says(0.95, []))
    prediction = predict_on_patient_axes((image, elsewhere), LABELS, half_of_it(), locator)
    assert prediction.agreement == 0


def test_a_model_whose_locator_is_missing_says_which_to_install(pair: ModelSpec) -> None:
    card = pair.path.parent / "card.json"
    stated = json.loads(card.read_text(encoding="utf-8"))
    card.write_text(json.dumps({**stated, "locator": {"name": "levels", "version": "9.9.9"}}))
    with pytest.raises(ModelError, match=r"levels 9\.9\.9.*install it before") as caught:
        load_spec(pair.path.parent)
    assert caught.value.code == "model-locator-missing"


@pytest.mark.parametrize(
    "stated",
    [
        {"name": "../levels", "version": "1.0.0"},
        {"name": "levels", "version": ".."},
        {"name": "/levels", "version": "1.0.0"},
        {"name": "levels", "version": "2.0.0"},
    ],
)
def test_a_locator_outside_the_catalogue_or_with_one_itself_is_refused(
    pair: ModelSpec, stated: dict[str, str]
) -> None:
    card = pair.path.parent / "card.json"
    whole = json.loads(card.read_text(encoding="utf-8"))
    card.write_text(json.dumps({**whole, "locator": stated}))
    with pytest.raises(ModelError, match=r"cannot be a locator|needs a locator itself") as caught:
        load_spec(pair.path.parent)
    assert caught.value.code == "model-card-invalid"


def test_a_locator_with_other_labels_is_refused(pair: ModelSpec, models_root: Path) -> None:
    other = models_root / "levels" / "1.0.0"
    write_card(other, labels={"1": "segment_1"})
    with pytest.raises(ModelError, match="the locator names other labels"):
        load_spec(pair.path.parent)
