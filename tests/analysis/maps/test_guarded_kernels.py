from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.fit_result import EchoModel
from analysis.maps.guarded_kernels import fit_guarded, guarded_equations
from analysis.maps.smooth_phase import phase_basis
from analysis.signal.fat_spectrum import SIX_PEAK
from tests.analysis.maps.phantoms import ECHO_TIMES_MS

MODEL = EchoModel.of(ECHO_TIMES_MS[1.5], 1.5, SIX_PEAK)
TIMES, PHASOR = MODEL.times_ms.copy(), MODEL.phasor.copy()
BASIS = phase_basis(MODEL, 1)


def equations(state: np.ndarray, data: np.ndarray, prior: np.ndarray) -> tuple[float, np.ndarray]:
    normal, pull = np.empty((5, 5)), np.empty(5)
    cost = guarded_equations(data, state, BASIS[1], prior, TIMES, PHASOR, 2.0, normal, pull)
    return cost, pull


def test_the_analytic_gradient_is_that_of_the_posterior() -> None:
    rng = np.random.default_rng(0)
    data = 60 * np.exp(-0.1 * TIMES) + rng.normal(0, 3, 6) + 1j * rng.normal(0, 3, 6)
    prior = np.array([50.0, 20.0, 900.0], np.float32)
    state = np.array([50.0, 12.0, 0.08, 0.05, 0.004])
    _, pull = equations(state, data, prior)
    for index, step in enumerate((1e-4, 1e-4, 1e-7, 1e-6, 1e-7)):
        shift = np.zeros(5)
        shift[index] = step
        slope = equations(state + shift, data, prior)[0] - equations(state - shift, data, prior)[0]
        assert -slope / (4 * step) == pytest.approx(pull[index], rel=1e-3, abs=1e-3)


def fitted(precision: float, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Many noisy copies of one voxel whose smooth maps are right."""
    rng = np.random.default_rng(1)
    truth = (80 + 20 * PHASOR) * np.exp(-0.3 * TIMES)
    noise = rng.normal(0, 2.5, (count, 6)) + 1j * rng.normal(0, 2.5, (count, 6))
    signals = (truth + noise).astype(np.complex64)
    prior = np.tile(np.array([precision, 0, precision * 400], np.float32), (count, 1))
    solution, errors = np.empty((5, count), np.float32), np.empty((5, count), np.float32)
    fit_guarded(
        0, count, signals, np.zeros((count, 2), np.float32), BASIS, prior, TIMES, PHASOR, 2.5,
        np.full(count, 0.3, np.float32), solution, errors,
    )  # fmt: skip
    return solution, errors


def spread_of_fraction(solution: np.ndarray) -> float:
    fraction = solution[1] / (solution[0] + solution[1])
    low, high = np.percentile(fraction, [16, 84])
    return float(high - low) / 2


def test_trusting_right_maps_makes_the_fraction_more_precise() -> None:
    free, guided = fitted(1e-4)[0], fitted(1e5)[0]
    assert spread_of_fraction(guided) < 0.7 * spread_of_fraction(free)


@pytest.mark.parametrize("precision", [1e2, 1e5])
def test_errors_match_the_scatter(precision: float) -> None:
    solution, errors = fitted(precision)
    if precision > 1e4:
        assert np.median(errors[3]) == pytest.approx(spread_of_fraction(solution), rel=0.07)
        assert np.median(errors[2]) == pytest.approx(solution[2].std(), rel=0.1)
    assert np.isfinite(errors).all()


def test_the_error_of_the_frequency_matches_its_scatter_where_no_map_is_trusted() -> None:
    solution, errors = fitted(1e-4)
    low, high = np.percentile(solution[4], [16, 84])
    assert np.median(errors[4]) == pytest.approx((high - low) / 2, rel=0.15)


def test_a_trusted_map_leaves_little_error_of_the_frequency() -> None:
    _, errors = fitted(1e5)
    assert np.median(errors[4]) < 1.05 / np.sqrt(4e7)


def test_the_residual_counts_the_data_only() -> None:
    solution, _ = fitted(1e5)
    assert solution[3].mean() == pytest.approx(2.5**2 * (12 - 3), rel=0.05)
