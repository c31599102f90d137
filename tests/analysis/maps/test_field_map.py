from __future__ import annotations

import numpy as np

from analysis.maps.cells import Cells
from analysis.maps.field_map import FirstFieldMap, at_voxels, first_field_map
from analysis.maps.fit_result import EchoModel
from analysis.signal.fat_spectrum import SIX_PEAK
from tests.analysis.maps.phantoms import ECHO_TIMES_MS, simulate

SHAPE = (32, 32, 2)
BODY = np.ones(SHAPE, dtype=bool)
MODEL = EchoModel.of(ECHO_TIMES_MS[3.0], 3.0, SIX_PEAK)
BLOCKS = Cells.over(BODY, (4, 4, 1))


def found_map(field_hz: np.ndarray, pdff: np.ndarray, snr: float) -> FirstFieldMap:
    echoes = simulate(pdff, np.full(SHAPE, 50.0), snr=snr, off_resonance_hz=field_hz)
    assert echoes.phase_rad is not None
    signals = (echoes.magnitude * np.exp(1j * echoes.phase_rad))[:, BODY].T
    rates = np.full((2, BODY.sum()), 0.05, np.float32)
    return first_field_map(
        np.ascontiguousarray(signals, dtype=np.complex64), rates, MODEL, 100 / snr, BLOCKS
    )


def slope_hz() -> np.ndarray:
    return np.broadcast_to(np.linspace(-150, 150, 32)[:, None, None], SHAPE)


def test_the_field_is_followed_through_water_and_fat() -> None:
    pdff = np.zeros(SHAPE)
    pdff[:, 16:] = 95.0
    field = found_map(slope_hz(), pdff, snr=30)
    error = at_voxels(field, BLOCKS, (0.5, 0.5, 0.0)) - slope_hz()[BODY]
    assert np.abs(error).max() < 30
    assert np.median(np.abs(error)) < 6


def test_wraps_of_the_period_leave_no_trace() -> None:
    field = found_map(slope_hz() + 450, np.zeros(SHAPE), snr=30)
    assert field.period_hz == 1000.0
    error = at_voxels(field, BLOCKS, (0.5, 0.5, 0.0)) - slope_hz()[BODY] - 450
    assert np.abs((error + 500) % 1000 - 500).max() < 30


def test_noise_alone_gives_no_certainty() -> None:
    certain = found_map(0 * slope_hz(), np.full(SHAPE, 20.0), snr=40).log_odds
    unsure = found_map(0 * slope_hz(), np.full(SHAPE, 20.0), snr=0.8).log_odds
    assert np.median(unsure) < 0.2 * np.median(certain)
