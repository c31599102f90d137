from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.fit_result import EchoModel
from analysis.maps.magnitude import fit_magnitude
from analysis.maps.mixed import fit_with_phase
from analysis.signal.fat_spectrum import SIX_PEAK
from tests.analysis.maps.phantoms import ECHO_TIMES_MS, simulate

SHAPE = (40, 32, 3)
BODY = np.ones(SHAPE, dtype=bool)
MODEL = EchoModel.of(ECHO_TIMES_MS[3.0], 3.0, SIX_PEAK)


def signals(scrambled: slice | None = None) -> np.ndarray:
    echoes = simulate(np.full(SHAPE, 15.0), np.full(SHAPE, 60.0), snr=40, off_resonance_hz=20.0)
    assert echoes.phase_rad is not None
    phase = echoes.phase_rad.copy()
    if scrambled is not None:
        rng = np.random.default_rng(0)
        phase[:, scrambled] = rng.uniform(-np.pi, np.pi, phase[:, scrambled].shape)
    turned = echoes.magnitude * np.exp(1j * phase)
    return np.ascontiguousarray(turned[:, BODY].T, dtype=np.complex64)


def test_good_phase_is_used_everywhere() -> None:
    data = signals()
    plain = fit_magnitude(np.abs(data), BODY, MODEL, None)
    joined, kept = fit_with_phase(data, BODY, MODEL, plain)
    assert not kept.any()
    assert joined.frequency_hz is not None
    assert np.median(joined.frequency_hz) == pytest.approx(20.0, abs=0.5)


def test_the_magnitude_fit_is_kept_where_phase_makes_no_sense() -> None:
    data = signals(slice(0, 10))
    plain = fit_magnitude(np.abs(data), BODY, MODEL, None)
    joined, kept = fit_with_phase(data, BODY, MODEL, plain)
    broken = np.nonzero(BODY)[0] < 8
    sound = np.nonzero(BODY)[0] > 14
    assert kept[broken].mean() > 0.95
    assert not kept[sound].any()
    np.testing.assert_allclose(joined.solution[:, kept], plain.solution[:, kept])
