from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.fit_result import EchoModel, VoxelFit
from analysis.maps.magnitude import fit_magnitude
from analysis.maps.phase_convention import PhaseConvention, choose_convention
from analysis.signal.fat_spectrum import SIX_PEAK
from tests.analysis.maps.phantoms import ECHO_TIMES_MS, simulate

SHAPE = (36, 30, 4)
BODY = np.ones(SHAPE, dtype=bool)
MODEL = EchoModel.of(ECHO_TIMES_MS[3.0], 3.0, SIX_PEAK)


def scan(fat_percent: float, extra: np.ndarray | float = 0.0) -> tuple[np.ndarray, VoxelFit]:
    pdff = np.full(SHAPE, 2.0)
    pdff[:, 15:] = fat_percent
    echoes = simulate(pdff, np.full(SHAPE, 50.0), snr=40, off_resonance_hz=40.0)
    assert echoes.phase_rad is not None
    turned = echoes.magnitude * np.exp(1j * (echoes.phase_rad + extra))
    signals = np.ascontiguousarray(turned[:, BODY].T, dtype=np.complex64)
    return signals, fit_magnitude(np.abs(signals), BODY, MODEL, None)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("has_errors", [False, True])
def test_sign_and_phase_errors_are_told_together(sign: int, has_errors: bool) -> None:
    steps = 0.3 * (-1.0) ** np.arange(6)[:, None, None, None]
    signals, plain = scan(90.0, steps if has_errors else 0.0)
    data = signals if sign > 0 else np.conj(signals)
    found = choose_convention(data, BODY, MODEL, plain, -sign)
    assert found == PhaseConvention(sign, has_errors)


@pytest.mark.parametrize("header", [1, -1])
def test_without_fat_the_header_decides(header: int) -> None:
    signals, plain = scan(0.0)
    assert choose_convention(signals, BODY, MODEL, plain, header).sign == header


def test_without_fat_and_header_the_usual_sign_is_taken() -> None:
    signals, plain = scan(0.0)
    assert choose_convention(signals, BODY, MODEL, plain, None).sign == 1


def test_a_method_can_forbid_or_demand_phase_errors() -> None:
    signals, plain = scan(90.0)
    assert choose_convention(signals, BODY, MODEL, plain, None, (True,)).has_errors
    assert not choose_convention(signals, BODY, MODEL, plain, None, (False,)).has_errors
