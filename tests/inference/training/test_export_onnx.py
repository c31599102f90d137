from __future__ import annotations

import hashlib
import json

import pytest

from inference.catalogue import load_spec
from inference.recipes import PercentileRecipe
from inference.training.cache import save_anatomies
from inference.training.export_onnx import export, training_record, weights_of
from inference.training.train import Plan, read_checkpoint, start_run
from tests.inference.training.conftest import CPU


@pytest.fixture
def state(tmp_path):
    plan = Plan(minutes=1.0, schedule_minutes=2.0, seed=9)
    start_run(CPU, plan).save(tmp_path / "checkpoint.pt", plan)
    return read_checkpoint(tmp_path / "checkpoint.pt", CPU)


def test_the_card_is_one_that_the_runtime_accepts(tmp_path, state, tiny_anatomy) -> None:
    save_anatomies(tmp_path / "cache.npz", [tiny_anatomy])
    record = training_record(state, [tmp_path / "cache.npz"], "train --minutes 1")
    folder = export(state, record, tmp_path / "model")
    spec = load_spec(folder)
    assert spec.sha256 == hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    assert isinstance(spec.recipe, PercentileRecipe)
    assert spec.recipe.divisor == 16
    assert spec.recipe.spacing_mm == 4.0
    assert spec.recipe.normalisation.positive_only
    assert [channel for channel, _ in spec.labels] == list(range(1, 9))


def test_the_card_says_how_the_model_came_to_be(tmp_path, state, tiny_anatomy) -> None:
    save_anatomies(tmp_path / "cache.npz", [tiny_anatomy])
    record = training_record(state, [tmp_path / "cache.npz"], "train --minutes 1")
    card = json.loads((export(state, record, tmp_path / "model") / "card.json").read_text())
    assert card["training"]["seed"] == 9
    assert card["training"]["command"] == "train --minutes 1"
    assert card["not_measured"]
    assert {source["licence"] for source in card["data"]} >= {"MIT", "Apache-2.0"}


def test_the_odds_of_background_are_corrected_and_nothing_else(state) -> None:
    plain, corrected = weights_of(state), weights_of(state, background_odds=4.0)
    changed = [name for name in plain if (plain[name] != corrected[name]).any()]
    assert changed == ["heads.3.bias"]
    difference = corrected["heads.3.bias"] - plain["heads.3.bias"]
    assert difference[0] == pytest.approx(1.386294, abs=1e-5)
    assert not difference[1:].any()
