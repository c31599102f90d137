"""Phase where it can be trusted, magnitude where it cannot: how the two fits are joined."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage, stats

from analysis.maps.complex_fit import fit_complex
from analysis.maps.fit_result import EchoModel, VoxelFit
from analysis.maps.phase_errors import NO_PHASE_ERRORS, PhaseErrors

Float32 = npt.NDArray[np.float32]
Complex64 = npt.NDArray[np.complex64]
BoolMap = npt.NDArray[np.bool_]

BOX = (5, 5, 3)
# Where complex residuals exceed what noise and the magnitude fit explain by this factor (of their
# squares, averaged over a box), phase is not believed.
DISTRUST = 16.0
NOISE_CHANGE = 0.1


def fit_with_phase(
    signals: Complex64,
    body: BoolMap,
    model: EchoModel,
    magnitude: VoxelFit,
    phase_errors: PhaseErrors = NO_PHASE_ERRORS,
) -> tuple[VoxelFit, npt.NDArray[np.bool_]]:
    """Fit complex echoes, and keep the magnitude fit where phase does not follow the model.

    Parameters
    ----------
    signals
        (voxel, echo) complex, of the voxels of ``body``.
    body
        (i, j, k) bool.
    model
        Echo times and fat phasor.
    magnitude
        Fit of the magnitudes of the same voxels.
    phase_errors
        First estimate of bipolar and eddy-current phase.

    Returns
    -------
    The joined fit, and (voxel,) bool where the magnitude fit was kept.
    """
    rates = magnitude.both_rates
    fitted = fit_complex(signals, body, model, magnitude.sigma, rates, phase_errors)
    measured = _noise_of(fitted)
    if abs(measured / magnitude.sigma - 1) > NOISE_CHANGE:
        fitted = fit_complex(signals, body, model, measured, rates, phase_errors)
    pooled = _box_mean(fitted.sum_of_squares, body) / fitted.degrees_of_freedom
    plain = _box_mean(magnitude.sum_of_squares, body) / max(magnitude.degrees_of_freedom, 1)
    noise = np.float32(fitted.sigma**2)
    known = noise if magnitude.degrees_of_freedom < 1 else np.float32(magnitude.sigma**2)
    distrusted = pooled > DISTRUST * np.maximum(plain, known)
    inflation = np.sqrt(np.maximum(pooled / noise, 1))
    fitted = replace(
        fitted,
        errors=fitted.errors * inflation,
        frequency_error_hz=None
        if fitted.frequency_error_hz is None
        else fitted.frequency_error_hz * inflation,
    )
    return _joined(fitted, magnitude, distrusted), distrusted


def _noise_of(fitted: VoxelFit) -> float:
    median = float(np.median(fitted.sum_of_squares))
    return float(np.sqrt(median / stats.chi2.ppf(0.5, fitted.degrees_of_freedom)))


def _box_mean(values: Float32, body: BoolMap) -> Float32:
    grid = np.zeros(body.shape, np.float32)
    grid[body] = values
    total = ndimage.uniform_filter(grid, BOX, mode="constant")[body]
    share = ndimage.uniform_filter(body.astype(np.float32), BOX, mode="constant")[body]
    result: Float32 = (total / np.maximum(share, 1e-6)).astype(np.float32)
    return result


def _joined(fitted: VoxelFit, magnitude: VoxelFit, kept: npt.NDArray[np.bool_]) -> VoxelFit:
    if not kept.any():
        return fitted
    scale = fitted.data_count / magnitude.data_count
    return replace(
        fitted,
        solution=np.where(kept, magnitude.solution, fitted.solution),
        errors=np.where(kept, magnitude.errors, fitted.errors),
        sum_of_squares=np.where(
            kept, scale * magnitude.sum_of_squares, fitted.sum_of_squares
        ).astype(np.float32),
        ambiguity=np.where(kept, magnitude.ambiguity, fitted.ambiguity),
    )
