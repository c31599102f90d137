"""Smooth maps of phase and off-resonance by local likelihood, and how far they can be trusted.

Each voxel gives a gradient g and an information matrix H of its phase angles, with water, fat and
R2* profiled out. A smoothed Newton step, theta <- theta + S[H]^-1 S[g] with S a Gaussian window, is
repeated: every repetition recovers structure that the window had blurred (L2 boosting). What
remains, g^2 - H, tells how rough the true maps are; the voxel's own data then outweigh the maps.

References
----------
Tibshirani and Hastie 1987, doi:10.1080/01621459.1987.10478466 (local likelihood);
Buehlmann and Yu 2003, doi:10.1198/016214503000125 (L2 boosting).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.maps.cells import Cells
from analysis.maps.compiled import in_parallel
from analysis.maps.fit_result import EchoModel
from analysis.maps.phase_kernels import phase_scores

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Complex64 = npt.NDArray[np.complex64]

ROUNDS = 4
MODEL_ERROR = 0.02
# Boosting narrows the effective window; measured on Gaussian windows, four rounds.
BOOSTED_VARIANCE = 2.5
OUTLIER = 400.0  # in units of the expected g^2
LARGEST_STEP = (0.5, 0.05, 0.3, 0.3)  # rad, kHz, rad, rad


@dataclass(frozen=True, slots=True, eq=False)
class SmoothPhase:
    """Smooth phase angles at the voxels with the precision of phase and frequency.

    Parameters
    ----------
    angles
        (voxel, basis) radians, and kHz for the frequency.
    precision
        (voxel, 3) precision of phase, of phase and frequency together, of frequency.
    roughness
        (2,) typical deviation of a voxel's phase (rad) and frequency (kHz) from the smooth maps.
    """

    angles: Float32
    precision: Float32
    roughness: Float64


def phase_basis(model: EchoModel, reference: int, extra: tuple[str, ...] = ()) -> Float64:
    """Return the (basis, echo) design of the phase of each echo.

    Rows: 1; 2 pi (t - t_reference) in rad per kHz; then ``"bipolar"``: (-1)^n, ``"eddy"``: 1 on the
    first echo.
    """
    count = model.times_ms.size
    rows = [np.ones(count), 2 * np.pi * (model.times_ms - model.times_ms[reference])]
    named = {"bipolar": (-1.0) ** np.arange(count), "eddy": (np.arange(count) == 0).astype(float)}
    return np.ascontiguousarray(np.stack(rows + [named[name] for name in extra]))


def smooth(
    signals: Complex64,
    angles: Float32,
    rates: Float32,
    basis: Float64,
    model: EchoModel,
    sigma: float,
    cells: Cells,
    window: tuple[float, float, float],
) -> SmoothPhase:
    """Improve smooth starting maps of the phase angles to the local likelihood estimate.

    Parameters
    ----------
    signals
        (voxel, echo) complex.
    angles
        (voxel, basis) starting maps; replaced.
    rates
        (voxel,) R2* in 1/ms; replaced.
    basis
        From ``phase_basis``.
    model
        Echo times and fat phasor.
    sigma
        Noise level of one channel.
    cells
        Where scores are gathered.
    window
        Standard deviation of the Gaussian window in cells.
    """
    size = basis.shape[0]
    for _ in range(ROUNDS):
        gradient, information = _scores(signals, angles, rates, basis, model, sigma)
        pooled = _information_grid(information, cells, window, size)
        score = np.stack([cells.smoothed(g, window) for g in gradient], axis=-1)
        step = np.linalg.solve(_regular(pooled), score[..., None])[..., 0]
        for p in range(size):
            limit = LARGEST_STEP[p]
            angles[:, p] += cells.at_voxels(np.clip(step[..., p], -limit, limit))
    gradient, information = _scores(signals, angles, rates, basis, model, sigma)
    return _with_precision(angles, gradient, information, cells, window)


def _scores(
    signals: Complex64,
    angles: Float32,
    rates: Float32,
    basis: Float64,
    model: EchoModel,
    sigma: float,
) -> tuple[Float32, Float32]:
    size, count = basis.shape[0], signals.shape[0]
    gradient = np.empty((size, count), np.float32)
    information = np.empty((size * (size + 1) // 2, count), np.float32)
    in_parallel(
        phase_scores, count, signals, angles, basis, model.times_ms.copy(),
        model.phasor.copy(), sigma, MODEL_ERROR, rates, gradient, information,
    )  # fmt: skip
    return gradient, information


def _information_grid(
    information: Float32, cells: Cells, window: tuple[float, float, float], size: int
) -> Float32:
    grid = np.empty((*cells.shape, size, size), np.float32)
    place = 0
    for p in range(size):
        for q in range(p + 1):
            smoothed = cells.smoothed(information[place], window)
            grid[..., p, q] = grid[..., q, p] = smoothed
            place += 1
    return grid


def _regular(matrices: Float32) -> Float32:
    """Add a little of the diagonal and a floor, so that empty cells give no step."""
    result = matrices.copy()
    size = matrices.shape[-1]
    for p in range(size):
        diagonal = matrices[..., p, p]
        result[..., p, p] += 1e-3 * diagonal + 1e-6 * max(float(diagonal.max()), 1e-12)
    return result


def _with_precision(
    angles: Float32,
    gradient: Float32,
    information: Float32,
    cells: Cells,
    window: tuple[float, float, float],
) -> SmoothPhase:
    """Combine the variance of the smooth maps with the roughness seen in the scores."""
    voxels = np.prod([max(2 * np.sqrt(np.pi) * width, 1.0) for width in window])
    diagonal = (information[0], information[2])
    pooled = [cells.smoothed(h, window) for h in diagonal]
    variances: list[tuple[Float32, Float32]] = []
    for p, (h, mean) in enumerate(zip(diagonal, pooled, strict=True)):
        excess = np.minimum(np.square(gradient[p]), OUTLIER * h) - h
        wide = (2 * window[0], 2 * window[1], 2 * window[2])
        above = cells.smoothed(excess, wide)
        scale = cells.smoothed(np.square(h), wide)
        rough: Float32 = np.divide(np.maximum(above, 0), np.maximum(scale, 1e-12))
        smooth_variance = BOOSTED_VARIANCE / np.maximum(voxels * mean, 1e-12)
        variances.append(
            (cells.at_voxels(smooth_variance.astype(np.float32)), cells.at_voxels(rough))
        )
    precision = np.zeros((angles.shape[0], 3), np.float32)
    precision[:, 0] = 1 / (variances[0][0] + variances[0][1])
    precision[:, 2] = 1 / (variances[1][0] + variances[1][1])
    roughness = np.sqrt(np.array([np.median(rough) for _, rough in variances], dtype=np.float64))
    return SmoothPhase(angles, precision, roughness)
