"""Fat, water and R2* from magnitudes alone: indifferent to field, eddy currents and readout.

|S(t)|^2 = [W^2 + 2 W F Re c(t) + F^2 |c(t)|^2] exp(-2 R2* t), fitted as its Rician mean.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.maps.branch_choice import ambiguity_of, posterior_of_fat, prior_against_fat
from analysis.maps.compiled import in_parallel
from analysis.maps.fit_result import EchoModel, VoxelFit
from analysis.maps.magnitude_kernels import fit_both_branches, standard_errors
from analysis.maps.noise_level import residual_sigma
from analysis.maps.rice_table import rice_bias_table

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
BoolMap = npt.NDArray[np.bool_]

NOISE_SAMPLE = 20_000
NOISE_ROUNDS = 2
NOISE_CHANGE = 1.1  # a larger correction of the noise level is worth a second fit
BRANCH_FRACTIONS = 8
RATES_PER_MS = (0.0, 0.03, 0.06, 0.12, 0.2, 0.32, 0.5, 0.75, 1.1, 1.6)


def dictionary(model: EchoModel) -> tuple[Float64, Float64]:
    """Return unit-length magnitude signals and their water, fat and rate; water-dominant first.

    Returns
    -------
    atoms
        (atom, echo).
    starts
        (atom, 3): water and fat for an atom of amplitude 1, rate in 1/ms.
    """
    fractions = np.concatenate(
        [np.linspace(0, 0.44, BRANCH_FRACTIONS), np.linspace(0.62, 1, BRANCH_FRACTIONS)]
    )
    fat = np.repeat(fractions, len(RATES_PER_MS))
    rate = np.tile(np.array(RATES_PER_MS), fractions.size)
    real, square = model.magnitude_terms
    mixture = (1 - fat) ** 2 + 2 * fat * (1 - fat) * real[:, None] + fat**2 * square[:, None]
    signal = np.sqrt(np.maximum(mixture, 0)) * np.exp(-rate * model.times_ms[:, None])
    length = np.sqrt(np.square(signal).sum(axis=0))
    starts = np.stack([(1 - fat) / length, fat / length, rate], axis=1)
    return np.ascontiguousarray((signal / length).T), np.ascontiguousarray(starts)


def fit_magnitude(
    signals: Float32, body: BoolMap, model: EchoModel, sigma_background: float | None
) -> VoxelFit:
    """Fit the magnitudes of the body's voxels.

    Parameters
    ----------
    signals
        (voxel, echo) magnitudes of the voxels of ``body``, C order.
    body
        (i, j, k) bool.
    model
        Echo times and fat phasor.
    sigma_background
        Noise level measured in air, or None.

    References
    ----------
    Bydder 2008, PMC2386876; Feng 2013, doi:10.1002/mrm.24607; MAGORINO, doi:10.1002/mrm.29493.
    """
    sigma = estimate_sigma(signals, model, sigma_background)
    bright = _brighter_half(signals)
    for _ in range(NOISE_ROUNDS):
        # The Rician mean must not be driven by model error, which the residual also holds.
        rician = sigma if sigma_background is None else min(sigma, sigma_background)
        branches = _fit(signals, model, rician)
        evidence = (branches[0, 3] - branches[1, 3]) / np.float32(sigma * sigma)
        log_odds = posterior_of_fat(evidence - prior_against_fat(1000 * branches[1, 2]), body)
        is_fat = log_odds > 0
        chosen = np.where(is_fat, branches[1], branches[0])
        previous = sigma
        if signals.shape[1] > 3:  # the first estimate took the better branch, which flatters it
            sigma = max(residual_sigma(chosen[3, bright], signals.shape[1] - 3), sigma)
        if sigma < NOISE_CHANGE * previous:
            break
    solution = np.ascontiguousarray(chosen[:3])
    return VoxelFit(
        solution=solution,
        errors=_errors(solution, model, sigma),
        sum_of_squares=chosen[3],
        data_count=signals.shape[1],
        unknown_count=3,
        ambiguity=ambiguity_of(log_odds),
        sigma=sigma,
        rival_rate_per_ms=np.where(is_fat, branches[0, 2], branches[1, 2]),
    )


def estimate_sigma(signals: Float32, model: EchoModel, sigma_background: float | None) -> float:
    """Return the noise level from the residuals of a sample of voxels, else from the background.

    Three echoes leave no residual: then the background is used, and without a background one
    hundredth of the median first echo is assumed.
    """
    smallest = 1e-6 * float(np.median(signals[:, 0])) + 1e-30
    freedom = signals.shape[1] - 3
    if freedom < 1:
        assumed = 0.01 * float(np.median(signals[:, 0]))
        return max(sigma_background or assumed, smallest)
    step = max(1, signals.shape[0] // NOISE_SAMPLE)
    sample = np.ascontiguousarray(signals[::step])
    sample = np.ascontiguousarray(sample[_brighter_half(sample)])
    return max(residual_sigma(best_sum_of_squares(sample, model), freedom), smallest)


def best_sum_of_squares(signals: Float32, model: EchoModel) -> Float32:
    """Return the smaller residual sum of squares of both branches, (voxel,), of (voxel, echo)."""
    best: Float32 = _fit(signals, model, 0.0)[:, 3].min(axis=0)
    return best


def _brighter_half(signals: Float32) -> BoolMap:
    energy = np.square(signals).sum(axis=1)
    result: BoolMap = energy >= np.median(energy)
    return result


def _fit(signals: Float32, model: EchoModel, sigma: float) -> Float32:
    atoms, starts = dictionary(model)
    real, square = model.magnitude_terms
    result = np.empty((2, 4, signals.shape[0]), dtype=np.float32)
    noise = np.full(signals.shape[0], sigma)
    in_parallel(
        fit_both_branches,
        signals.shape[0],
        signals,
        model.times_ms.copy(),
        real,
        square,
        atoms,
        starts,
        noise,
        rice_bias_table(),
        result,
    )
    return result


def _errors(solution: Float32, model: EchoModel, sigma: float) -> Float32:
    real, square = model.magnitude_terms
    errors = np.empty((4, solution.shape[1]), dtype=np.float32)
    noise = np.full(solution.shape[1], sigma)
    in_parallel(
        standard_errors, noise.size, solution, model.times_ms.copy(), real, square, noise,
        rice_bias_table(), errors,
    )  # fmt: skip
    return errors
