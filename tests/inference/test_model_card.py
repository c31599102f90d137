from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import ModelError
from inference.catalogue import ModelSpec, available
from inference.model_card import read_card
from tests.inference.conftest import write_card


@pytest.mark.parametrize("spec", available(), ids=lambda spec: f"{spec.name} {spec.version}")
def test_every_shipped_model_says_its_use_and_its_limits(spec: ModelSpec) -> None:
    card = read_card(spec.path.parent)
    assert (card.name, card.version, card.sha256) == (spec.name, spec.version, spec.sha256)
    assert "research" in card.intended_use
    assert card.not_measured
    assert all(name and value for name, value in card.figures)


def test_every_measured_figure_is_told_with_what_it_was_measured_on(spec: ModelSpec) -> None:
    metrics = {"real": {"measured_on": "one scan", "dice": {"median": 0.9, "range": [0.8, 1.0]}}}
    write_card(spec.path.parent, metrics=metrics)
    assert read_card(spec.path.parent).figures == (
        ("real, dice, median", "0.9"),
        ("real, dice, range", "0.8 to 1"),
    )


def test_a_card_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="install the model again"):
        read_card(tmp_path)
