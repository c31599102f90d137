"""Compiled kernels of the magnitude fit: one voxel at a time, all cores, no Python in the loop.

Units inside the kernels: milliseconds and 1/ms, so that all three unknowns have a similar scale.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.maps.compiled import compiled
from analysis.maps.rice_table import RICE_LIMIT, RICE_STEPS_PER_UNIT

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]

R2STAR_BOUNDS_PER_MS = (-0.1, 2.2)
# How far beyond 0-1 the fat fraction of a noisy voxel may lie: regional means stay unbiased.
MARGIN = 0.1
MAX_ITERATIONS = 60
# Positions in the accumulator of the normal equations.
WW, WF, WR, FF, FR, RR, GW, GF, GR = range(9)
ACCUMULATOR_SIZE = 9


@compiled
def normal_equations(
    signal: Any,
    water: float,
    fat: float,
    rate: float,
    times_ms: Float64,
    phasor_real: Float64,
    phasor_square: Float64,
    sigma: float,
    rice: Float64,
    sums: Float64,
) -> float:
    """Return the sum of squared residuals and fill ``sums`` with J'J and J'r.

    Model: S = sqrt(W^2 + 2 W F Re c + F^2 |c|^2) exp(-R2* t), seen as its Rician mean.
    """
    sums[:] = 0.0
    cost = 0.0
    for n in range(times_ms.size):
        real, square = phasor_real[n], phasor_square[n]
        mixture = np.sqrt(water * water + 2 * water * fat * real + fat * fat * square)
        mixture = max(mixture, 1e-30)
        decay = np.exp(-rate * times_ms[n])
        model = mixture * decay
        d_water = (water + fat * real) / mixture * decay
        d_fat = (water * real + fat * square) / mixture * decay
        d_rate = -times_ms[n] * model
        if model < RICE_LIMIT * sigma:
            place = model / sigma * RICE_STEPS_PER_UNIT
            index = int(place)
            part = place - index
            slope = (rice[index + 1] - rice[index]) * RICE_STEPS_PER_UNIT
            model += sigma * (rice[index] + part * (rice[index + 1] - rice[index]))
            d_water *= 1 + slope
            d_fat *= 1 + slope
            d_rate *= 1 + slope
        else:  # the same bias where it has become sigma / (2 u)
            correction = sigma * sigma / (2 * model * model)
            model *= 1 + correction
            d_water *= 1 - correction
            d_fat *= 1 - correction
            d_rate *= 1 - correction
        residual = signal[n] - model
        cost += residual * residual
        sums[WW] += d_water * d_water
        sums[WF] += d_water * d_fat
        sums[WR] += d_water * d_rate
        sums[FF] += d_fat * d_fat
        sums[FR] += d_fat * d_rate
        sums[RR] += d_rate * d_rate
        sums[GW] += d_water * residual
        sums[GF] += d_fat * residual
        sums[GR] += d_rate * residual
    return cost


@compiled
def solve_3x3(sums: Float64, damping: float) -> tuple[float, float, float]:
    """Solve (J'J + damping diag(J'J)) x = J'r by Cholesky factors."""
    grow = 1.0 + damping
    l11 = np.sqrt(sums[WW] * grow + 1e-300)
    l21 = sums[WF] / l11
    l31 = sums[WR] / l11
    l22 = np.sqrt(max(sums[FF] * grow - l21 * l21, 1e-12 * sums[FF] + 1e-300))
    l32 = (sums[FR] - l31 * l21) / l22
    l33 = np.sqrt(max(sums[RR] * grow - l31 * l31 - l32 * l32, 1e-12 * sums[RR] + 1e-300))
    y1 = sums[GW] / l11
    y2 = (sums[GF] - l21 * y1) / l22
    y3 = (sums[GR] - l31 * y1 - l32 * y2) / l33
    x3 = y3 / l33
    x2 = (y2 - l32 * x3) / l22
    x1 = (y1 - l21 * x2 - l31 * x3) / l11
    return x1, x2, x3


@compiled
def limit_fraction(water: float, fat: float) -> tuple[float, float]:
    """Return water and fat of the same total, the fat fraction within ``MARGIN`` of 0-1."""
    total = max(water + fat, 1e-30)
    limited = min(max(fat, -MARGIN * total), (1 + MARGIN) * total)
    return total - limited, limited


@compiled
def leaves_limits(water: float, fat: float, water_step: float, fat_step: float) -> bool:
    """Tell whether the fat fraction lies on a limit and the step would take it further out."""
    total = water + fat
    outward = fat_step * water - water_step * fat
    near = 1e-6 * total
    is_low = fat <= -MARGIN * total + near and outward < 0
    return is_low or (fat >= (1 + MARGIN) * total - near and outward > 0)


@compiled
def solve_along_limit(sums: Float64, damping: float, fraction: float) -> tuple[float, float, float]:
    """Step of water, fat and rate that keeps the fat fraction."""
    w, f = 1 - fraction, fraction
    grow = 1.0 + damping
    total = (w * w * sums[WW] + 2 * w * f * sums[WF] + f * f * sums[FF]) * grow
    mixed = w * sums[WR] + f * sums[FR]
    rate = sums[RR] * grow
    pull = w * sums[GW] + f * sums[GF]
    determinant = max(total * rate - mixed * mixed, 1e-12 * total * rate + 1e-300)
    total_step = (rate * pull - mixed * sums[GR]) / determinant
    return w * total_step, f * total_step, (total * sums[GR] - mixed * pull) / determinant


@compiled
def refine(
    signal: Any,
    start: tuple[float, float, float],
    times_ms: Float64,
    phasor_real: Float64,
    phasor_square: Float64,
    sigma: float,
    rice: Float64,
    sums: Float64,
    trial_sums: Float64,
) -> tuple[float, float, float, float]:
    """Levenberg-Marquardt from ``start``: (water, fat, rate in 1/ms, sum of squares)."""
    water, fat, rate = start
    lowest, highest = R2STAR_BOUNDS_PER_MS
    cost = normal_equations(
        signal, water, fat, rate, times_ms, phasor_real, phasor_square, sigma, rice, sums
    )
    power = 0.0
    for n in range(times_ms.size):
        power += signal[n] * signal[n]
    tolerance = 1e-3 * sigma * sigma + 1e-20 * power
    damping = 1e-3
    for _ in range(MAX_ITERATIONS):
        step = solve_3x3(sums, damping)
        if leaves_limits(water, fat, step[0], step[1]):
            step = solve_along_limit(sums, damping, fat / (water + fat))
        new_rate = min(max(rate + step[2], lowest), highest)
        new_water, new_fat = limit_fraction(water + step[0], fat + step[1])
        trial = normal_equations(
            signal, new_water, new_fat, new_rate, times_ms, phasor_real, phasor_square,
            sigma, rice, trial_sums,
        )  # fmt: skip
        if trial <= cost:
            gain = cost - trial
            water, fat, rate, cost = new_water, new_fat, new_rate, trial
            sums, trial_sums = trial_sums, sums
            damping = max(damping * 0.2, 1e-9)
            if gain <= tolerance:
                break
        else:
            damping *= 8.0
            if damping > 1e7:
                break
    return water, fat, rate, cost


@compiled
def best_atom(signal: Any, atoms: Float64, first: int, last: int) -> int:
    """Index of the normalised dictionary atom in [first, last) most like the signal."""
    best, index = -1.0, first
    for k in range(first, last):
        projection = 0.0
        for n in range(atoms.shape[1]):
            projection += atoms[k, n] * signal[n]
        if projection > best:
            best, index = projection, k
    return index


@compiled
def fit_both_branches(
    first: int,
    last: int,
    signals: Float32,
    times_ms: Float64,
    phasor_real: Float64,
    phasor_square: Float64,
    atoms: Float64,
    starts: Float64,
    sigma: Float64,
    rice: Float64,
    result: Float32,
) -> None:
    """Fit every voxel from its best water-dominant and its best fat-dominant start.

    Parameters
    ----------
    first, last
        Voxels of this share, see ``in_parallel``.
    signals
        (voxel, echo) magnitudes.
    times_ms, phasor_real, phasor_square
        (echo,) echo times, Re c and the square of abs c of the fat phasor.
    atoms, starts
        (atom, echo) dictionary of unit length and (atom, 3) water, fat and rate for an atom's
        amplitude 1; the first half is water-dominant, the second fat-dominant.
    sigma
        (voxel,) noise level for the Rician mean, 0 for none.
    rice
        Table of the Rician bias.
    result
        (2, 4, voxel) output: per branch water, fat, rate (1/ms), sum of squares.
    """
    half = atoms.shape[0] // 2
    sums = np.empty(ACCUMULATOR_SIZE)
    trial_sums = np.empty(ACCUMULATOR_SIZE)
    for voxel in range(first, last):
        signal = signals[voxel]
        for branch in range(2):
            atom = best_atom(signal, atoms, branch * half, (branch + 1) * half)
            scale = 0.0
            for n in range(signals.shape[1]):
                scale += atoms[atom, n] * signal[n]
            start = (scale * starts[atom, 0], scale * starts[atom, 1], starts[atom, 2])
            fitted = refine(
                signal, start, times_ms, phasor_real, phasor_square,
                sigma[voxel], rice, sums, trial_sums,
            )  # fmt: skip
            for k in range(4):
                result[branch, k, voxel] = fitted[k]


@compiled
def standard_errors(
    first: int,
    last: int,
    solution: Float32,
    times_ms: Float64,
    phasor_real: Float64,
    phasor_square: Float64,
    sigma: Float64,
    rice: Float64,
    errors: Float32,
) -> None:
    """Cramér-Rao standard errors at the solution.

    Parameters
    ----------
    first, last
        Voxels of this share, see ``in_parallel``.
    solution
        (3, voxel) water, fat, rate (1/ms).
    times_ms, phasor_real, phasor_square, rice
        As in ``fit_both_branches``.
    sigma
        (voxel,) noise level, > 0.
    errors
        (4, voxel) output: of water, fat, rate (1/ms) and fat fraction (0-1).
    """
    sums = np.empty(ACCUMULATOR_SIZE)
    nothing = np.zeros(times_ms.size, np.float32)  # as the signals: one compiled version
    for voxel in range(first, last):
        water, fat = np.float64(solution[0, voxel]), np.float64(solution[1, voxel])
        rate = np.float64(solution[2, voxel])
        noise = sigma[voxel]
        normal_equations(
            nothing, water, fat, rate, times_ms, phasor_real, phasor_square, noise, rice, sums
        )
        a, b, c = sums[WW], sums[WF], sums[WR]
        d, e, f = sums[FF], sums[FR], sums[RR]
        determinant = a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d)
        total = water + fat
        if determinant <= 0 or total <= 0:
            errors[:, voxel] = np.inf
            continue
        variance = noise * noise / determinant
        water_water, fat_fat = variance * (d * f - e * e), variance * (a * f - c * c)
        water_fat = variance * (c * e - b * f)
        errors[0, voxel] = np.sqrt(max(water_water, 0.0))
        errors[1, voxel] = np.sqrt(max(fat_fat, 0.0))
        errors[2, voxel] = np.sqrt(max(variance * (a * d - b * b), 0.0))
        spread = fat * fat * water_water - 2 * water * fat * water_fat + water * water * fat_fat
        errors[3, voxel] = np.sqrt(max(spread, 0.0)) / (total * total)
