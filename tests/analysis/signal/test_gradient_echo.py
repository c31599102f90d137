from __future__ import annotations

import numpy as np
import pytest

from analysis.signal.fat_spectrum import fat_phasor
from analysis.signal.gradient_echo import multi_echo_signal, t1_saturation

TIMES_MS = np.array([1.2, 3.2, 5.2])
ONE = np.ones((2, 1, 1))


def test_water_alone_decays_exponentially() -> None:
    signal = multi_echo_signal(2 * ONE, 0 * ONE, 100 * ONE, TIMES_MS, 1.5)
    assert signal.shape == (3, 2, 1, 1)
    np.testing.assert_allclose(signal[:, 0, 0, 0], 2 * np.exp(-0.1 * TIMES_MS))


def test_fat_alone_follows_its_spectrum() -> None:
    signal = multi_echo_signal(0 * ONE, ONE, 0 * ONE, TIMES_MS, 3.0)
    np.testing.assert_allclose(signal[:, 0, 0, 0], fat_phasor(TIMES_MS, 3.0))


def test_off_resonance_and_initial_phase_turn_the_signal_forwards() -> None:
    signal = multi_echo_signal(
        ONE, 0 * ONE, 0 * ONE, TIMES_MS, 3.0, off_resonance_hz=25.0, initial_phase_rad=0.3
    )
    np.testing.assert_allclose(np.angle(signal[:, 0, 0, 0]), 0.3 + 2 * np.pi * 25 * TIMES_MS / 1000)


def test_saturation_peaks_at_the_ernst_angle() -> None:
    angles = np.arange(1.0, 60.0, 0.05)
    values = [float(t1_saturation(800.0, 10.0, angle)) for angle in angles]
    expected = np.rad2deg(np.arccos(np.exp(-10 / 800)))
    assert angles[int(np.argmax(values))] == pytest.approx(expected, abs=0.1)


def test_a_long_repetition_time_leaves_the_sine_of_the_angle() -> None:
    assert float(t1_saturation(500.0, 1e6, 30.0)) == pytest.approx(0.5)
