from __future__ import annotations

import numpy as np
import pytest

from analysis.simulation.texture import centred_coordinates, smooth_noise
from analysis.volume import Geometry

AFFINE = np.array([[0, -2.0, 0, 5], [-2.0, 0, 0, 3], [0, 0, 6.0, 1], [0, 0, 0, 1]])
GRID = Geometry((40, 44, 12), AFFINE)


def test_noise_has_zero_mean_and_unit_sd():
    field = smooth_noise(GRID, 4.0, np.random.default_rng(0))
    assert field.mean() == pytest.approx(0, abs=1e-5)
    assert field.std() == pytest.approx(1, rel=1e-4)
    assert field.dtype == np.float32


def test_neighbours_hang_together_by_distance_in_mm():
    field = smooth_noise(GRID, 4.0, np.random.default_rng(0))
    in_plane = np.corrcoef(field[:-1].ravel(), field[1:].ravel())[0, 1]
    across = np.corrcoef(field[..., :-1].ravel(), field[..., 1:].ravel())[0, 1]
    # A Gaussian kernel of SD s correlates as exp(-d^2 / 4 s^2): 2 mm and 6 mm of 4 mm.
    assert in_plane == pytest.approx(np.exp(-4 / 64), abs=0.06)
    assert across == pytest.approx(np.exp(-36 / 64), abs=0.15)


def test_coordinates_follow_the_affine_from_the_middle():
    right, front, up = centred_coordinates(GRID)
    step = AFFINE[:3, :3] @ [1, 0, 0]
    found = [field[1, 0, 0] - field[0, 0, 0] for field in (right, front, up)]
    assert found == pytest.approx(step.tolist())
    assert right.mean() == pytest.approx(0, abs=1e-3)
