from __future__ import annotations

import numpy as np
import pytest

from inference.monai_prediction import scaled, spaced, spaced_shape, window_starts
from inference.recipes import MonaiIntensity, MonaiScaling

RAMP = np.arange(5, dtype=np.float32).reshape(5, 1, 1)


def test_the_first_voxel_stays_where_it_is_and_a_ramp_stays_a_ramp() -> None:
    finer = spaced(RAMP, (9, 1, 1), (0.5, 1.0, 1.0))
    assert finer.ravel() == pytest.approx(np.arange(9) / 2)
    assert spaced(RAMP, (3, 1, 1), (2.0, 1.0, 1.0)).ravel().tolist() == [0, 2, 4]


def test_samples_beyond_the_last_centre_hold_its_value() -> None:
    assert spaced(RAMP, (4, 1, 1), (1.5, 1.0, 1.0)).ravel().tolist() == [0, 1.5, 3, 4]
    assert spaced_shape((5, 1, 1), (1.5, 1.0, 1.0)) == (4, 1, 1)


def test_each_scaling_does_what_its_name_says() -> None:
    ranged = MonaiIntensity(MonaiScaling.RANGE, low=1, high=3, bottom=0, top=1, clip=True)
    assert scaled(RAMP, ranged).ravel().tolist() == [0, 0, 0.5, 1, 1]
    extremes = MonaiIntensity(MonaiScaling.EXTREMES, bottom=-1, top=1)
    assert scaled(RAMP, extremes).ravel().tolist() == [-1, -0.5, 0, 0.5, 1]
    percentiles = MonaiIntensity(MonaiScaling.PERCENTILES, low=25, high=75)
    assert scaled(RAMP, percentiles).ravel().tolist() == [-0.5, 0, 0.5, 1, 1.5]


def test_a_z_score_of_what_is_not_zero_leaves_zero_alone() -> None:
    scored = scaled(RAMP, MonaiIntensity(MonaiScaling.Z_SCORE, nonzero=True))
    assert scored[0, 0, 0] == 0
    assert scored[1:].mean() == pytest.approx(0, abs=1e-6)
    assert scored[1:].std() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5])
def test_every_voxel_is_in_a_window(overlap: float) -> None:
    for side in range(1, 40):
        covered = np.zeros(max(side, 8), bool)
        for start in window_starts(side, 8, overlap):
            covered[start : start + 8] = True
        assert covered.all()
