from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from inference.catalogue import MODELS_FOLDER, load_spec
from inference.training.evaluate import around_liver, real_cases, simulate, summary
from inference.training.export_onnx import NAME, VERSION
from inference.training.overlap import Overlap
from inference.training.split import is_held_out


def test_a_simulated_image_lies_on_the_grid_of_its_segments(tiny_anatomy) -> None:
    volume, truth = simulate(tiny_anatomy, "t1w", seed=3)
    assert volume.geometry.shape == truth.shape
    assert np.isfinite(volume.array).all()
    assert np.count_nonzero(truth) == np.count_nonzero(tiny_anatomy.segments)


def test_the_cut_keeps_the_liver_in_its_place(tiny_anatomy) -> None:
    part = around_liver(tiny_anatomy)
    full = np.argwhere(tiny_anatomy.segments > 0).mean(axis=0) * 4 + tiny_anatomy.body.origin_mm
    cut = np.argwhere((part.labels >= 1) & (part.labels <= 8)).mean(axis=0) * 4 + part.origin_mm
    assert np.allclose(full, cut)


def test_the_summary_names_what_was_measured() -> None:
    synthetic = [Overlap(f"torso p{n} t1w", 0.9 + n / 100, 0.05, 0.7) for n in range(5)]
    result = summary(synthetic, [Overlap("mr_slab", 0.8, 0.1, None)])
    assert result["synthetic"]["liver_dice"]["median"] == pytest.approx(0.92)
    assert result["synthetic"]["cases"] == 5
    assert "simulated" in result["synthetic"]["measured_on"]
    assert result["real"]["mr_slab"]["liver_dice"] == 0.8


def test_the_shipped_card_never_lists_a_training_patient_as_held_out() -> None:
    card = json.loads((MODELS_FOLDER / NAME / VERSION / "card.json").read_text())
    assert len(card["training"]["held_out_patients"]) >= 14
    assert all(is_held_out(patient) for patient in card["training"]["held_out_patients"])


@pytest.mark.model
def test_the_shipped_model_finds_the_liver_of_the_real_scans(shared_data: Path) -> None:
    spec = load_spec(MODELS_FOLDER / NAME / VERSION)
    assert {case.case: case.liver_dice > 0.7 for case in real_cases(shared_data, spec)} == {
        "torso_ct": True,
        "mr_slab": True,
    }
