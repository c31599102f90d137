from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.fit_result import EchoModel
from analysis.maps.magnitude_kernels import ACCUMULATOR_SIZE
from analysis.maps.phase_kernels import common_phase, demodulate, fit_real, phase_scores
from analysis.maps.smooth_phase import phase_basis
from analysis.signal.fat_spectrum import SIX_PEAK
from tests.analysis.maps.phantoms import ECHO_TIMES_MS

MODEL = EchoModel.of(ECHO_TIMES_MS[1.5], 1.5, SIX_PEAK)
TIMES, PHASOR = MODEL.times_ms.copy(), MODEL.phasor.copy()
BASIS = phase_basis(MODEL, 1, ("bipolar", "eddy"))


def clean(water: float, fat: float, rate: float) -> np.ndarray:
    return (water + fat * PHASOR) * np.exp(-rate * TIMES)


def turned(signal: np.ndarray, angles: np.ndarray) -> np.ndarray:
    return signal * np.exp(1j * angles @ BASIS)


def profile(signal: np.ndarray, angles: np.ndarray) -> float:
    """Sum of squares at the best water, fat and rate for these angles."""
    data, model = np.empty(6, complex), np.empty(6, complex)
    demodulate(signal, angles, BASIS, data)
    return fit_real(data, 0.1, TIMES, PHASOR, 1e-14, model, np.empty(ACCUMULATOR_SIZE))[3]


def test_demodulation_removes_the_phase_of_every_cause() -> None:
    angles = np.array([0.4, 0.03, 0.2, -0.3])
    out = np.empty(6, complex)
    demodulate(turned(clean(70, 30, 0.05), angles), angles, BASIS, out)
    np.testing.assert_allclose(out, clean(70, 30, 0.05), atol=1e-12)


@pytest.mark.parametrize(("water", "fat", "rate"), [(100, 0, 0.0), (60, 40, 0.05), (5, 95, 0.9)])
def test_water_fat_and_rate_come_back(water: float, fat: float, rate: float) -> None:
    model, sums = np.empty(6, complex), np.empty(ACCUMULATOR_SIZE)
    found = fit_real(clean(water, fat, rate), 0.3, TIMES, PHASOR, 1e-16, model, sums)
    np.testing.assert_allclose(found[:2], [water, fat], atol=1e-4)
    assert found[2] == pytest.approx(rate, abs=1e-5)


def test_scores_are_the_derivatives_of_the_profile_likelihood() -> None:
    rng = np.random.default_rng(2)
    angles = np.array([0.1, 0.004, 0.02, -0.03])
    signal = clean(70, 30, 0.05) + rng.normal(0, 1, 6) + 1j * rng.normal(0, 1, 6)
    gradient, information = np.empty((4, 1), np.float32), np.empty((10, 1), np.float32)
    phase_scores(
        0, 1,
        signal[None].astype(np.complex64), angles[None].astype(np.float32), BASIS, TIMES, PHASOR,
        1.0, 0.0, np.array([0.05], np.float32), gradient, information,
    )  # fmt: skip
    diagonal = (0, 2, 5, 9)
    for p, step in enumerate((1e-3, 1e-4, 1e-3, 1e-3)):
        shift = np.zeros(4)
        shift[p] = step
        low, mid, high = (profile(signal, angles + sign * shift) for sign in (-1, 0, 1))
        assert gradient[p, 0] == pytest.approx(-(high - low) / (4 * step), rel=0.03, abs=0.6)
        curvature = (high - 2 * mid + low) / (2 * step**2)
        assert information[diagonal[p], 0] == pytest.approx(curvature, rel=0.25)


def test_the_common_phase_is_found_in_closed_form() -> None:
    angles = np.array([[0.0, 0.03, 0.0, 0.0]], np.float32)
    signal = turned(clean(70, 30, 0.05), np.array([2.8, 0.03, 0.0, 0.0]))
    turns = np.empty((2, 1), np.float32)
    rates = np.array([0.05], np.float32)
    common_phase(
        0, 1, signal[None].astype(np.complex64), angles, BASIS, TIMES, PHASOR, rates, turns
    )
    assert np.arctan2(turns[1, 0], turns[0, 0]) == pytest.approx(2.8, abs=1e-3)
