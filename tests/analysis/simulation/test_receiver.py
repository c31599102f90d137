from __future__ import annotations

import numpy as np
import pytest

from analysis.simulation.abdomen import sample_abdomen
from analysis.simulation.phantom import small_phantom
from analysis.simulation.receiver import blur_in_plane, coil_shading, initial_phase_rad


@pytest.fixture(scope="module")
def anatomy():
    return sample_abdomen(small_phantom(0))


def test_no_shading_leaves_the_signal_even(anatomy):
    assert np.unique(coil_shading(anatomy, 0.0, np.random.default_rng(0))).tolist() == [1.0]


def test_the_skin_is_brighter_than_the_middle(anatomy):
    shading = coil_shading(anatomy, 0.4, np.random.default_rng(0))
    body = np.argwhere(anatomy.body)
    low, high = body.min(axis=0), body.max(axis=0)
    i, j, k = ((low + high) / 2).round().astype(int)
    middle = shading[i, j, k]
    assert middle == pytest.approx(1.0, abs=0.05)
    for edge in (shading[low[0], j, k], shading[high[0], j, k]):
        assert edge / middle == pytest.approx(np.exp(0.4), rel=0.2)


def test_the_initial_phase_is_smooth(anatomy):
    phase = initial_phase_rad(anatomy, np.random.default_rng(3))
    assert np.abs(np.diff(phase, axis=0)).max() < 0.5
    assert np.ptp(phase[anatomy.body]) > 0.5


def test_blur_keeps_the_sum_within_each_slice():
    signal = np.zeros((21, 21, 3), complex)
    signal[10, 10, 1] = 1 + 2j
    blurred = blur_in_plane(signal, 1.0)
    assert blurred[..., 1].sum() == pytest.approx(1 + 2j)
    assert not blurred[..., 0].any()
    assert abs(blurred[10, 10, 1]) < 0.5
    assert blur_in_plane(signal, 0.0) is signal
