"""Small phantoms with known truth for the tests of the fits."""

from __future__ import annotations

import numpy as np

from analysis.signal.fat_spectrum import SIX_PEAK, FatSpectrum
from analysis.signal.gradient_echo import multi_echo_signal
from analysis.signal.noise import add_complex_noise
from analysis.study import MultiEcho
from analysis.volume import Geometry

ECHO_TIMES_MS = {
    1.5: np.array([1.2, 3.2, 5.2, 7.2, 9.2, 11.2]),
    3.0: np.array([1.2, 2.2, 3.2, 4.2, 5.2, 6.2]),
}


def grid(shape: tuple[int, int, int]) -> Geometry:
    return Geometry(shape, np.diag([2.0, 2.0, 6.0, 1.0]))


def echoes_of(signal: np.ndarray, echo_times_ms: np.ndarray, with_phase: bool = True) -> MultiEcho:
    phase = np.angle(signal).astype(np.float32) if with_phase else None
    shape = signal.shape[1:]
    return MultiEcho(np.abs(signal).astype(np.float32), phase, echo_times_ms, grid(shape))


def simulate(
    pdff_percent: np.ndarray,
    r2star_per_s: np.ndarray,
    field_strength_t: float = 3.0,
    *,
    snr: float | None = None,
    off_resonance_hz: np.ndarray | float = 0.0,
    initial_phase_rad: np.ndarray | float = 0.0,
    spectrum: FatSpectrum = SIX_PEAK,
    with_phase: bool = True,
    amplitude: np.ndarray | float = 100.0,
    seed: int = 0,
) -> MultiEcho:
    """Echoes of amplitude 100 at echo time zero, of the shape (i, j, k) of ``pdff_percent``."""
    times = ECHO_TIMES_MS[field_strength_t]
    fat = amplitude * pdff_percent / 100
    signal = multi_echo_signal(
        amplitude - fat,
        fat,
        r2star_per_s,
        times,
        field_strength_t,
        off_resonance_hz=off_resonance_hz,
        initial_phase_rad=initial_phase_rad,
        spectrum=spectrum,
    )
    if snr is not None:
        signal = add_complex_noise(signal, 100.0 / snr, np.random.default_rng(seed))
    return echoes_of(signal, times, with_phase)


def truth_grid(block: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """PDFF 0-100 % along i and R2* 0-1000 1/s along j, each combination a block of voxels."""
    pdff, r2star = np.meshgrid(np.linspace(0, 100, 21), np.linspace(0, 1000, 11), indexing="ij")
    repeat = np.ones((block, block), dtype=int)
    return np.kron(pdff, repeat)[:, :, None], np.kron(r2star, repeat)[:, :, None]
