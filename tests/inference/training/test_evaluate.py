from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from inference.catalogue import MODELS_FOLDER, load_spec
from inference.confidence import UNCALIBRATED
from inference.training.evaluate import real_cases, summary, uncalibrated
from inference.training.evaluation_images import AXIAL, CORONAL, around_liver, simulate, slab
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
    result = summary(synthetic, [], [Overlap("mr_slab", 0.8, 0.1, None)], 3.0)
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


@pytest.mark.parametrize("axis", [AXIAL, CORONAL])
def test_a_slab_is_a_thin_part_of_the_image_in_its_own_place(tiny_anatomy, axis: int) -> None:
    volume, truth = simulate(tiny_anatomy, "t1w", seed=3)
    for seed in range(6):
        part, segments = slab(volume, truth, axis, seed)
        assert part.geometry.shape == segments.shape
        thickness = part.geometry.shape[axis] * part.geometry.spacing_mm[axis]
        assert thickness <= 72.0
        assert segments.any()
        moved = np.linalg.inv(volume.geometry.affine) @ part.geometry.affine[:, 3]
        first = moved.round().astype(int)
        whole = truth[first[0] :, first[1] :, first[2] :]
        assert np.array_equal(whole[tuple(slice(0, n) for n in segments.shape)], segments)


def test_a_model_without_calibration_has_a_locator_without_one() -> None:
    plain = uncalibrated(load_spec(MODELS_FOLDER / NAME / VERSION))
    assert plain.recipe.calibration == UNCALIBRATED
    assert plain.locator is not None
    assert plain.locator.recipe.calibration == UNCALIBRATED


def test_slabs_have_figures_of_their_own() -> None:
    whole = [Overlap(f"torso p{n} t1w", 0.95, 0.05, 0.7) for n in range(3)]
    slabs = [Overlap(f"torso p{n} t1w slab", 0.8 + n / 100, 0.1, None) for n in range(11)]
    result = summary(whole, slabs, [], 3.0)
    assert result["synthetic"]["cases"] == 3
    assert result["synthetic"]["spacing_mm"] == 3.0
    assert result["slabs"]["liver_dice"]["median"] == pytest.approx(0.85)
    assert result["slabs"]["liver_dice_tenth_percentile"] == pytest.approx(0.81)
