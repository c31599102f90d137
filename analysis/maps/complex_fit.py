"""Fat, water and R2* from complex echoes, using that field and initial phase are smooth.

S(t_n) = (W + F c_n) exp(-R2* t_n) exp(i theta_n), with water and fat in phase at t = 0 and
theta_n = phi + 2 pi f (t_n - t_ref) [+ b (-1)^n] [+ e on the first echo]. The maps of phi, f, b
and e are smooth; a voxel may leave phi and f as far as the data show that they are not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.maps.branch_choice import ambiguity_of
from analysis.maps.cells import Cells
from analysis.maps.compiled import in_parallel
from analysis.maps.field_map import at_voxels, first_field_map
from analysis.maps.fit_result import EchoModel, VoxelFit
from analysis.maps.guarded_kernels import fit_guarded
from analysis.maps.phase_errors import NO_PHASE_ERRORS, PhaseErrors, aligned_slices
from analysis.maps.phase_kernels import common_phase
from analysis.maps.smooth_phase import SmoothPhase, phase_basis, smooth

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Complex64 = npt.NDArray[np.complex64]
BoolMap = npt.NDArray[np.bool_]

BLOCK = (4, 4, 1)
CELL = (2, 2, 1)
WINDOW_VOXELS = (4.0, 4.0, 0.7)


def fit_complex(
    signals: Complex64,
    body: BoolMap,
    model: EchoModel,
    sigma: float,
    rates: Float32,
    phase_errors: PhaseErrors = NO_PHASE_ERRORS,
) -> VoxelFit:
    """Fit complex echoes of the body's voxels.

    Parameters
    ----------
    signals
        (voxel, echo) complex, of the voxels of ``body``.
    body
        (i, j, k) bool.
    model
        Echo times and fat phasor.
    sigma
        Noise level of one channel.
    rates
        (2, voxel) R2* in 1/ms of the two solutions of the magnitude fit, the better one first.
    phase_errors
        First estimate of bipolar and eddy-current phase, refined here.
    """
    blocks, cells = Cells.over(body, BLOCK), Cells.over(body, CELL)
    window = _window_in(CELL)
    field = first_field_map(phase_errors.removed_from(signals), rates, model, sigma, blocks)
    frequency_hz = at_voxels(field, blocks, _window_in(BLOCK))
    basis = phase_basis(model, _reference_echo(model), phase_errors.names)
    zero = np.zeros_like(frequency_hz)
    angles = np.ascontiguousarray(
        np.stack([zero, frequency_hz / 1000, *phase_errors.angles], axis=1)
    )
    turns = np.empty((2, signals.shape[0]), np.float32)
    times, phasor = model.times_ms.copy(), model.phasor.copy()
    count = signals.shape[0]
    in_parallel(common_phase, count, signals, angles, basis, times, phasor, rates[0], turns)
    signals, turns = aligned_slices(signals, turns, body)
    angles[:, 0] = _smooth_angle(turns, cells, window)
    rate = rates[0].copy()
    guarded = smooth(signals, angles, rate, basis, model, sigma, cells, window)
    return _final_fit(signals, guarded, basis, model, sigma, rate, blocks.at_voxels(field.log_odds))


def _window_in(edges: tuple[int, int, int]) -> tuple[float, float, float]:
    i, j, k = (width / edge for width, edge in zip(WINDOW_VOXELS, edges, strict=True))
    return i, j, k


def _reference_echo(model: EchoModel) -> int:
    """Return the echo near a third of the train, where phase and frequency are least coupled."""
    third = model.times_ms[0] + np.ptp(model.times_ms) / 3
    return int(np.argmin(np.abs(model.times_ms - third)))


def _smooth_angle(turns: Float32, cells: Cells, window: tuple[float, float, float]) -> Float32:
    """Return the angle of (2, voxel) phasors after smoothing them, (voxel,) radians."""
    real, imaginary = (cells.at_voxels(cells.smoothed(part, window)) for part in turns)
    result: Float32 = np.arctan2(imaginary, real)
    return result


def _final_fit(
    signals: Complex64,
    guarded: SmoothPhase,
    basis: Float64,
    model: EchoModel,
    sigma: float,
    rates: Float32,
    log_odds: Float32,
) -> VoxelFit:
    count = signals.shape[0]
    solution, errors = np.empty((5, count), np.float32), np.empty((5, count), np.float32)
    in_parallel(
        fit_guarded, count, signals, guarded.angles, basis, guarded.precision,
        model.times_ms.copy(), model.phasor.copy(), sigma, rates, solution, errors,
    )  # fmt: skip
    frequency_hz = 1000 * (guarded.angles[:, 1] + solution[4])
    ambiguity = ambiguity_of(log_odds)
    return VoxelFit(
        solution=solution[:3].copy(),
        errors=errors[:4].copy(),
        sum_of_squares=solution[3],
        data_count=2 * signals.shape[1],
        unknown_count=3,
        ambiguity=ambiguity,
        sigma=sigma,
        frequency_hz=frequency_hz,
        frequency_error_hz=1000 * errors[4],
    )
