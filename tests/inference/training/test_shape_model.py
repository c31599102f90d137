from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import analysis.simulation
from inference.training.registration import Box, Match
from inference.training.shape_model import displacement, principal_modes
from inference.training.tissue_map import axis_aligned

ABDOMEN = Path(analysis.simulation.__file__).parent / "abdomen.npz"
GRID = axis_aligned((5, 4, 3), (0, 0, 0), 10.0)


def test_one_direction_of_change_is_one_mode() -> None:
    rng = np.random.default_rng(2)
    direction = rng.normal(size=(3, 5, 4, 3))
    amounts = rng.normal(size=40)
    amounts = (amounts - amounts.mean()) / amounts.std()
    fields = 7.0 + amounts[:, None, None, None, None] * direction
    mean, modes, explained = principal_modes(fields, np.ones((5, 4, 3)), 2)
    assert np.allclose(mean, 7.0)
    assert np.allclose(np.abs(modes[0]), np.abs(direction), atol=1e-9)
    assert explained[0] == pytest.approx(1.0)


def test_a_patient_of_another_size_is_displaced_towards_the_context() -> None:
    still = np.zeros((*GRID.shape, 3), np.float32)
    centre = np.array([20.0, 15.0, 10.0])
    patient = Box(np.array([500.0, 0, 0]), np.array([50.0, 50, 50]))
    match = Match(patient, Box(centre, np.array([100.0, 100, 100])), GRID, still, still, 1.0)
    field = displacement(match, GRID)
    assert np.allclose(field[:, 4, 0, 0], np.array([40.0, 0, 0]) - centre)


@pytest.fixture(scope="module")
def abdomen():
    with np.load(ABDOMEN) as stored:
        return {name: stored[name] for name in stored.files}


def test_the_shipped_abdomen_is_small_and_complete(abdomen) -> None:
    assert ABDOMEN.stat().st_size < 1_000_000
    assert abdomen["labels"].dtype == np.uint8
    assert abdomen["modes"].dtype == np.int8
    assert abdomen["modes"].shape[0] == len(abdomen["mode_scale"]) == len(abdomen["explained"])
    assert set(range(1, 9)) <= set(np.unique(abdomen["labels"]).tolist())


def test_the_mean_liver_has_a_mean_size_and_room_around_it(abdomen) -> None:
    labels = abdomen["labels"]
    liver = (labels >= 1) & (labels <= 8)
    voxel_ml = abs(np.linalg.det(abdomen["affine"][:3, :3])) / 1000
    assert 1200 < liver.sum() * voxel_ml < 1900
    levels, spacing = np.flatnonzero(liver.any(axis=(0, 1))), abdomen["affine"][2, 2]
    assert levels[0] * spacing >= 60
    assert (labels.shape[2] - 1 - levels[-1]) * spacing >= 40


def test_the_mean_segments_lie_as_couinaud_described(abdomen) -> None:
    centre = {n: np.argwhere(abdomen["labels"] == n).mean(axis=0) for n in range(1, 9)}
    assert centre[8][2] > centre[5][2]
    assert centre[7][2] > centre[6][2]
    assert centre[2][2] > centre[3][2]
    assert max(centre[2][0], centre[3][0]) < centre[4][0] < min(centre[n][0] for n in (5, 6, 7, 8))
    assert centre[7][1] < centre[8][1]


def test_one_standard_deviation_moves_the_liver_by_millimetres(abdomen) -> None:
    largest = np.abs(abdomen["modes"].astype(float)).max(axis=(1, 2, 3, 4)) * abdomen["mode_scale"]
    assert (largest > 1).all()
    assert (largest < 80).all()


def test_the_card_gives_the_licences(abdomen) -> None:
    card = json.loads(ABDOMEN.with_suffix(".json").read_text())
    assert {source["licence"] for source in card["data"]} == {"MIT", "Apache-2.0"}
    assert card["warp"].startswith("backward")
