from __future__ import annotations

import numpy as np
import pytest

from inference.training.registration import box_of, match_livers, points_of
from inference.training.tissue_map import axis_aligned
from tests.inference.training.conftest import ellipsoid

GRID = axis_aligned((40, 36, 32), (-100, -80, -60), 5.0)


@pytest.fixture(scope="module")
def match():
    context = ellipsoid(GRID.shape, (20, 18, 16), (14, 11, 10))
    patient = ellipsoid(GRID.shape, (20, 17, 15), (10, 12, 9))
    patient &= ~ellipsoid(GRID.shape, (28, 17, 15), (4, 5, 5))
    return match_livers(patient, GRID, context, GRID)


def test_the_box_of_a_block_is_its_outer_faces() -> None:
    mask = np.zeros(GRID.shape, bool)
    mask[10:14, 5:6, 0:2] = True
    box = box_of(mask, GRID)
    assert box.extent_mm.tolist() == [20.0, 5.0, 10.0]
    assert box.centre_mm.tolist() == [-100 + 11.5 * 5, -80 + 25, -60 + 2.5]


def test_registered_livers_overlap(match) -> None:
    assert match.overlap > 0.93


def test_there_and_back_is_the_same_place(match) -> None:
    points = points_of(match.grid)[6:-6:4, 6:-6:4, 6:-6:4]
    error = np.linalg.norm(match.to_context(match.to_patient(points)) - points, axis=-1)
    assert np.percentile(error, 95) < 1.0


def test_the_left_end_of_one_liver_lands_on_that_of_the_other(match) -> None:
    end = match.patient.centre_mm - np.array([0.5, 0, 0]) * match.patient.extent_mm
    expected = match.context.centre_mm[0] - match.context.extent_mm[0] / 2
    assert abs(match.to_context(end[None])[0, 0] - expected) < 8
