"""Compiled kernels of the final complex fit: five unknowns a voxel, two of them held near maps.

Units inside: milliseconds, 1/ms, radians, and kHz for the off-resonance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.maps.compiled import compiled
from analysis.maps.magnitude_kernels import ACCUMULATOR_SIZE, R2STAR_BOUNDS_PER_MS, limit_fraction
from analysis.maps.phase_kernels import demodulate, fit_real
from analysis.maps.small_systems import damped_copy, factorise, inverse_form, substitute

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Complex64 = npt.NDArray[np.complex64]
Complex128 = npt.NDArray[np.complex128]

UNKNOWNS = 5
MAX_STEPS = 30
SMALLEST_GAIN = 1e-3  # in units of -2 log likelihood


@compiled
def guarded_equations(
    data: Complex128,
    state: Float64,
    slopes: Float64,
    prior: Float32,
    times_ms: Float64,
    phasor: Complex128,
    noise: float,
    normal: Float64,
    pull: Float64,
) -> float:
    """Return -2 log posterior of water, fat, rate, phase, frequency; fill J'J and J'r.

    ``data`` already has the smooth phase removed, so the last two unknowns are deviations from it;
    ``prior`` holds their precision (phase, phase-frequency, frequency).
    """
    water, fat, rate, phase, frequency = state[0], state[1], state[2], state[3], state[4]
    normal[:] = 0.0
    pull[:] = 0.0
    cost = 0.0
    weight = 1.0 / noise
    for n in range(times_ms.size):
        t = times_ms[n]
        decay = np.exp(-rate * t)
        angle = phase + slopes[n] * frequency
        turn = complex(np.cos(angle), np.sin(angle)) * decay
        d0 = turn
        d1 = phasor[n] * turn
        m = water * d0 + fat * d1
        d2 = -t * m
        d3 = complex(-m.imag, m.real)
        d4 = slopes[n] * d3
        r = data[n] - m
        cost += (r.real * r.real + r.imag * r.imag) * weight
        parts = (d0, d1, d2, d3, d4)
        for i in range(5):
            pull[i] += (parts[i].real * r.real + parts[i].imag * r.imag) * weight
            for j in range(i + 1):
                normal[i, j] += (
                    parts[i].real * parts[j].real + parts[i].imag * parts[j].imag
                ) * weight
    cost += prior[0] * phase * phase + 2 * prior[1] * phase * frequency
    cost += prior[2] * frequency * frequency
    normal[3, 3] += prior[0]
    normal[4, 3] += prior[1]
    normal[4, 4] += prior[2]
    pull[3] -= prior[0] * phase + prior[1] * frequency
    pull[4] -= prior[1] * phase + prior[2] * frequency
    return float(cost)


@compiled
def refine_guarded(
    data: Complex128,
    start: tuple[float, float, float, float],
    slopes: Float64,
    prior: Any,
    times_ms: Float64,
    phasor: Complex128,
    noise: float,
    states: Float64,
    normals: Float64,
    pulls: Float64,
    factor: Float64,
) -> tuple[int, float]:
    """Levenberg-Marquardt from ``start``; return which half of the scratch holds the result.

    ``states`` and ``pulls`` are (2, 5), ``normals`` (2, 5, 5), ``factor`` (5, 5). Returned with the
    place is -2 log posterior.
    """
    now = 0
    states[0, 0], states[0, 1] = limit_fraction(start[0], start[1])
    states[0, 2], states[0, 3], states[0, 4] = start[2], 0.0, 0.0
    cost = guarded_equations(
        data, states[0], slopes, prior, times_ms, phasor, noise, normals[0], pulls[0]
    )
    damping = 1e-3
    for _ in range(MAX_STEPS):
        new = 1 - now
        damped_copy(normals[now], damping, factor)
        trial = np.inf
        if factorise(factor):
            step = states[new]
            step[:] = pulls[now]
            substitute(factor, step)
            for i in range(UNKNOWNS):
                step[i] += states[now, i]
            step[2] = min(max(step[2], R2STAR_BOUNDS_PER_MS[0]), R2STAR_BOUNDS_PER_MS[1])
            step[0], step[1] = limit_fraction(step[0], step[1])
            trial = guarded_equations(
                data, step, slopes, prior, times_ms, phasor, noise, normals[new], pulls[new]
            )
        if trial <= cost:
            gain, cost, now = cost - trial, trial, new
            damping = max(damping * 0.2, 1e-9)
            if gain <= SMALLEST_GAIN:
                break
        else:
            damping *= 8.0
            if damping > 1e6:
                break
    return now, cost


@compiled
def guarded_errors(
    state: Float64, normal: Float64, factor: Float64, vector: Float64, errors: Any
) -> None:
    """Fill the standard errors of water, fat, rate, fat fraction, frequency; else infinity."""
    total = state[0] + state[1]
    damped_copy(normal, 0.0, factor)
    if not (total > 0 and factorise(factor)):
        errors[:] = np.inf
        return
    for k in range(5):
        vector[:] = 0.0
        if k == 3:
            vector[0] = -state[1] / (total * total)
            vector[1] = state[0] / (total * total)
        else:
            vector[k] = 1.0
        errors[k] = np.sqrt(inverse_form(factor, vector))


@compiled
def fit_guarded(
    first: int,
    last: int,
    signals: Complex64,
    angles: Float32,
    basis: Float64,
    precision: Float32,
    times_ms: Float64,
    phasor: Complex128,
    sigma: float,
    rates: Float32,
    solution: Float32,
    errors: Float32,
) -> None:
    """Fit water, fat, R2*, phase and frequency of each voxel, the last two held near smooth maps.

    Parameters
    ----------
    first, last
        Voxels of this share, see ``in_parallel``.
    signals, angles, basis, times_ms, phasor, sigma
        As in ``phase_kernels.phase_scores``.
    precision
        (voxel, 3) precision of the smooth phase, of phase and frequency together, of frequency.
    rates
        (voxel,) R2* to start from in 1/ms.
    solution
        (5, voxel) output: water, fat, rate, sum of squares, deviation of the frequency (kHz).
    errors
        (5, voxel) output: standard errors of water, fat, rate (1/ms), fat fraction (0-1) and
        frequency (kHz).
    """
    echoes = signals.shape[1]
    noise = sigma * sigma
    data, model = np.empty(echoes, np.complex128), np.empty(echoes, np.complex128)
    sums, vector = np.empty(ACCUMULATOR_SIZE), np.empty(UNKNOWNS)
    states, pulls = np.empty((2, UNKNOWNS)), np.empty((2, UNKNOWNS))
    normals, factor = np.empty((2, UNKNOWNS, UNKNOWNS)), np.empty((UNKNOWNS, UNKNOWNS))
    for v in range(first, last):
        prior = precision[v]
        demodulate(signals[v], angles[v], basis, data)
        start = fit_real(data, np.float64(rates[v]), times_ms, phasor, 0.1 * noise, model, sums)
        now, cost = refine_guarded(
            data, start, basis[1], prior, times_ms, phasor, noise,
            states, normals, pulls, factor,
        )  # fmt: skip
        state = states[now]
        penalty = prior[0] * state[3] ** 2 + 2 * prior[1] * state[3] * state[4]
        penalty += prior[2] * state[4] ** 2
        solution[:3, v] = state[:3]
        solution[3, v] = (cost - penalty) * noise
        solution[4, v] = state[4]
        guarded_errors(state, normals[now], factor, vector, errors[:, v])
