from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import nnls

from analysis.maps.field_scan import explained_energy, field_bins, unexplained_energy
from analysis.maps.fit_result import EchoModel
from analysis.signal.fat_spectrum import SIX_PEAK
from tests.analysis.maps.phantoms import ECHO_TIMES_MS

MODEL = EchoModel.of(ECHO_TIMES_MS[3.0], 3.0, SIX_PEAK)


def test_bins_cover_one_period_of_equally_spaced_echoes() -> None:
    bins = field_bins(MODEL)
    assert bins.is_cyclic
    assert bins.width_hz * bins.frequencies_hz.size == pytest.approx(1000.0)


def test_unequal_echoes_are_searched_over_a_range() -> None:
    bins = field_bins(EchoModel.of([1.2, 2.0, 3.6, 4.1], 3.0, SIX_PEAK))
    assert not bins.is_cyclic
    assert bins.frequencies_hz[0] == pytest.approx(-5 * 42.577478 * 3)


def best_by_search(data: np.ndarray, columns: np.ndarray) -> float:
    """Energy of the best non-negative pair over a fine search of the common phase."""
    power = float(np.sum(np.abs(data) ** 2))
    stacked = np.concatenate([columns.real, columns.imag])
    best = 0.0
    for angle in np.linspace(0, 2 * np.pi, 1440, endpoint=False):
        turned = data * np.exp(-1j * angle)
        residual = nnls(stacked, np.concatenate([turned.real, turned.imag]))[1]
        best = max(best, power - residual**2)
    return best


@pytest.mark.parametrize("seed", range(4))
def test_the_closed_form_is_the_best_non_negative_pair_of_one_phase(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = np.stack([np.ones(6), MODEL.phasor], axis=1) * np.exp(-0.05 * MODEL.times_ms)[:, None]
    data = columns @ np.array([0.7, 0.5]) * np.exp(0.9j)
    data = data + 0.4 * (rng.normal(size=6) + 1j * rng.normal(size=6))
    projection = columns.conj().T @ data
    gram = (columns.conj().T @ columns).real
    found = explained_energy(
        projection[0].real, projection[0].imag, projection[1].real, projection[1].imag,
        gram[0, 0], gram[0, 1], gram[1, 1],
    )  # fmt: skip
    assert found == pytest.approx(best_by_search(data, columns), rel=2e-4)


def test_the_right_sign_of_phase_explains_fat_better() -> None:
    signal = (0.4 + 0.6 * MODEL.phasor) * np.exp((2e-3j * np.pi * 35 - 0.04) * MODEL.times_ms)
    signals = np.stack([signal, signal.conj()]).astype(np.complex64)
    residual = np.empty(2, np.float32)
    unexplained_energy(
        0, 2, signals, np.full((2, 2), 0.04, np.float32), MODEL.times_ms.copy(),
        MODEL.phasor.copy(), field_bins(MODEL).rotation(MODEL.times_ms), residual,
    )  # fmt: skip
    assert residual[0] < 0.1 * residual[1]
