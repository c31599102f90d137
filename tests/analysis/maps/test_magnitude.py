from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.fit_result import EchoModel
from analysis.maps.magnitude import dictionary, estimate_sigma, fit_magnitude
from analysis.signal.fat_spectrum import SIX_PEAK
from tests.analysis.maps.phantoms import ECHO_TIMES_MS, simulate

SHAPE = (20, 20, 3)
BODY = np.ones(SHAPE, dtype=bool)
MODEL = EchoModel.of(ECHO_TIMES_MS[3.0], 3.0, SIX_PEAK)


def signals(pdff: float, r2star: float, snr: float) -> np.ndarray:
    echoes = simulate(np.full(SHAPE, pdff), np.full(SHAPE, r2star), snr=snr)
    return np.ascontiguousarray(echoes.magnitude[:, BODY].T)


def test_atoms_have_unit_length_and_water_comes_first() -> None:
    atoms, starts = dictionary(MODEL)
    np.testing.assert_allclose(np.square(atoms).sum(axis=1), 1.0)
    half = len(atoms) // 2
    assert (starts[:half, 0] > starts[:half, 1]).all()
    assert (starts[half:, 0] < starts[half:, 1]).all()


@pytest.mark.parametrize("snr", [20.0, 60.0])
def test_noise_is_estimated_from_the_residuals(snr: float) -> None:
    found = fit_magnitude(signals(10, 50, snr), BODY, MODEL, None)
    assert found.sigma == pytest.approx(100 / snr, rel=0.07)


def test_three_echoes_take_the_noise_of_the_background() -> None:
    short = EchoModel.of(ECHO_TIMES_MS[3.0][:3], 3.0, SIX_PEAK)
    data = np.ascontiguousarray(signals(10, 50, 40)[:, :3])
    assert estimate_sigma(data, short, 1.7) == 1.7
    assert 0 < estimate_sigma(data, short, None) < 2.0


def test_both_solutions_hand_on_their_rates() -> None:
    found = fit_magnitude(signals(20, 60, 60), BODY, MODEL, None)
    assert found.both_rates.shape == (2, BODY.sum())
    assert np.median(found.both_rates[0]) == pytest.approx(0.06, abs=0.002)
    assert found.degrees_of_freedom == 3
