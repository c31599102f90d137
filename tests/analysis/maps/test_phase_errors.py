from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.fit_result import EchoModel
from analysis.maps.phase_errors import (
    NO_PHASE_ERRORS,
    PhaseErrors,
    aligned_slices,
    first_phase_errors,
)
from analysis.signal.fat_spectrum import SIX_PEAK
from tests.analysis.maps.phantoms import ECHO_TIMES_MS, simulate

SHAPE = (40, 40, 4)
BODY = np.ones(SHAPE, dtype=bool)


def signals_and_solution(bipolar: float, eddy: float) -> tuple[np.ndarray, np.ndarray]:
    pdff, r2star = np.full(SHAPE, 20.0), np.full(SHAPE, 60.0)
    echoes = simulate(pdff, r2star, snr=40, off_resonance_hz=30.0, initial_phase_rad=0.7)
    assert echoes.phase_rad is not None
    extra = bipolar * (-1.0) ** np.arange(6) + eddy * (np.arange(6) == 0)
    turned = echoes.magnitude * np.exp(1j * (echoes.phase_rad + extra[:, None, None, None]))
    solution = np.stack([np.full(BODY.sum(), v, np.float32) for v in (80.0, 20.0, 0.06)])
    return np.ascontiguousarray(turned[:, BODY].T, dtype=np.complex64), solution


@pytest.mark.parametrize(("bipolar", "eddy"), [(0.3, 0.0), (-0.2, 0.4), (0.1, -0.5)])
def test_bipolar_and_eddy_phase_are_estimated(bipolar: float, eddy: float) -> None:
    signals, solution = signals_and_solution(bipolar, eddy)
    model = EchoModel.of(ECHO_TIMES_MS[3.0], 3.0, SIX_PEAK)
    found = first_phase_errors(signals, BODY, model, solution)
    angles = dict(zip(found.names, found.angles, strict=True))
    assert np.median(angles["bipolar"]) == pytest.approx(bipolar, abs=0.02)
    assert np.median(angles.get("eddy", np.zeros(1))) == pytest.approx(eddy, abs=0.04)


def test_clean_phase_has_no_errors() -> None:
    signals, solution = signals_and_solution(0.0, 0.0)
    model = EchoModel.of(ECHO_TIMES_MS[3.0], 3.0, SIX_PEAK)
    assert first_phase_errors(signals, BODY, model, solution).names == ()


@pytest.mark.parametrize("times_ms", [[1.2, 2.2, 3.2], [1.2, 2.0, 3.6, 4.4, 6.0, 7.1]])
def test_few_or_unequal_echoes_allow_no_estimate(times_ms: list[float]) -> None:
    signals, solution = signals_and_solution(0.3, 0.0)
    model = EchoModel.of(times_ms, 3.0, SIX_PEAK)
    cut = np.ascontiguousarray(signals[:, : len(times_ms)])
    assert first_phase_errors(cut, BODY, model, solution) is NO_PHASE_ERRORS


def test_removal_undoes_the_phase() -> None:
    clean, _ = signals_and_solution(0.0, 0.0)
    turned, _ = signals_and_solution(0.3, 0.4)
    count = BODY.sum()
    errors = PhaseErrors(
        ("bipolar", "eddy"), (np.full(count, 0.3, np.float32), np.full(count, 0.4, np.float32))
    )
    np.testing.assert_allclose(errors.removed_from(turned), clean, atol=1e-2)


def test_slices_are_brought_to_one_phase() -> None:
    count = BODY.sum()
    offset = np.array([0.0, np.pi, 0.2, -2.0])[np.nonzero(BODY)[2]]
    turns = np.stack([np.cos(offset), np.sin(offset)]).astype(np.float32)
    signals = np.exp(1j * offset)[:, None].astype(np.complex64) * np.ones((1, 3), np.complex64)
    aligned, turned = aligned_slices(signals, turns, BODY)
    np.testing.assert_allclose(aligned, np.ones((count, 3)), atol=1e-5)
    np.testing.assert_allclose(turned[0], 1.0, atol=1e-5)
