from __future__ import annotations

import numpy as np
import pytest

from analysis.series_selection.rules import is_axial, liver_coverage
from analysis.volume import Geometry


def test_a_slab_of_half_the_liver_covers_half() -> None:
    half = Geometry((256, 256, 15), np.diag([1.5, 1.5, 5.0, 1.0]))

    assert liver_coverage(half) == pytest.approx(0.5)


def test_a_tilted_grid_covers_as_much() -> None:
    tilt = np.deg2rad(10)
    rotation = np.eye(4)
    rotation[1:3, 1:3] = [[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]

    assert liver_coverage(Geometry((256, 256, 40), rotation @ np.diag([1.5, 1.5, 5, 1]))) == 1.0


@pytest.mark.parametrize(("tilt_deg", "expected"), [(0, True), (30, True), (60, False)])
def test_slices_within_45_degrees_of_axial_are_axial(tilt_deg: float, expected: bool) -> None:
    tilt = np.deg2rad(tilt_deg)
    affine = np.eye(4)
    affine[1:3, 1:3] = [[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]

    assert is_axial(Geometry((8, 8, 8), affine)) is expected
