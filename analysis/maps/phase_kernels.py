"""Compiled kernels of the complex fit: water, fat and R2* under a given or a guarded phase.

The phase of echo n is sum_p basis[p, n] angle[p], with the basis: 1, 2 pi (t - t_ref), and where
needed (-1)^n for bipolar readouts and 1 on the first echo only for eddy currents.
Units inside: milliseconds, 1/ms, radians, and kHz for the off-resonance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.maps.compiled import compiled
from analysis.maps.magnitude_kernels import (
    ACCUMULATOR_SIZE,
    FF,
    FR,
    GF,
    GR,
    GW,
    R2STAR_BOUNDS_PER_MS,
    RR,
    WF,
    WR,
    WW,
    solve_3x3,
)  # fmt: skip

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Complex64 = npt.NDArray[np.complex64]
Complex128 = npt.NDArray[np.complex128]

MAX_STEPS = 30


@compiled
def demodulate(signal: Any, angles: Any, basis: Float64, out: Complex128) -> None:
    """Remove the phase of one voxel: (echo,) signal, (basis,) angles, (echo,) output."""
    for n in range(basis.shape[1]):
        angle = 0.0
        for p in range(basis.shape[0]):
            angle += basis[p, n] * angles[p]
        out[n] = signal[n] * complex(np.cos(angle), -np.sin(angle))


@compiled
def real_equations(
    data: Complex128,
    water: float,
    fat: float,
    rate: float,
    times_ms: Float64,
    phasor: Complex128,
    model: Complex128,
    sums: Float64,
) -> float:
    """Return the sum of squares of data - (W + F c) exp(-R2* t); fill ``model``, J'J and J'r."""
    sums[:] = 0.0
    cost = 0.0
    for n in range(times_ms.size):
        t = times_ms[n]
        decay = np.exp(-rate * t)
        c = phasor[n]
        m_real, m_imag = (water + fat * c.real) * decay, fat * c.imag * decay
        model[n] = complex(m_real, m_imag)
        r_real, r_imag = data[n].real - m_real, data[n].imag - m_imag
        cost += r_real * r_real + r_imag * r_imag
        f_real, f_imag = c.real * decay, c.imag * decay
        sums[WW] += decay * decay
        sums[WF] += decay * f_real
        sums[WR] -= t * decay * m_real
        sums[FF] += f_real * f_real + f_imag * f_imag
        sums[FR] -= t * (f_real * m_real + f_imag * m_imag)
        sums[RR] += t * t * (m_real * m_real + m_imag * m_imag)
        sums[GW] += decay * r_real
        sums[GF] += f_real * r_real + f_imag * r_imag
        sums[GR] -= t * (m_real * r_real + m_imag * r_imag)
    return cost


@compiled
def fit_real(
    data: Complex128,
    rate: float,
    times_ms: Float64,
    phasor: Complex128,
    tolerance: float,
    model: Complex128,
    sums: Float64,
) -> tuple[float, float, float, float]:
    """Best water, fat and rate for data without phase error; W and F in closed form at the start.

    Returns (water, fat, rate, sum of squares), with ``sums`` and ``model`` at that solution.
    """
    real_equations(data, 0.0, 0.0, rate, times_ms, phasor, model, sums)
    determinant = sums[WW] * sums[FF] - sums[WF] * sums[WF]
    water = (sums[FF] * sums[GW] - sums[WF] * sums[GF]) / determinant
    fat = (sums[WW] * sums[GF] - sums[WF] * sums[GW]) / determinant
    cost = real_equations(data, water, fat, rate, times_ms, phasor, model, sums)
    damping = 1e-3
    for _ in range(MAX_STEPS):
        step = solve_3x3(sums, damping)
        new_rate = min(
            max(rate + min(max(step[2], -0.3), 0.3), R2STAR_BOUNDS_PER_MS[0]),
            R2STAR_BOUNDS_PER_MS[1],
        )
        new_water, new_fat = water + step[0], fat + step[1]
        trial = real_equations(data, new_water, new_fat, new_rate, times_ms, phasor, model, sums)
        if trial <= cost:
            gain = cost - trial
            water, fat, rate, cost = new_water, new_fat, new_rate, trial
            damping = max(damping * 0.2, 1e-9)
            if gain <= tolerance:
                break
        else:
            cost = real_equations(data, water, fat, rate, times_ms, phasor, model, sums)
            damping *= 8.0
            if damping > 1e6:
                break
    return water, fat, rate, cost


@compiled
def scores_of_voxel(
    data: Complex128,
    model: Complex128,
    rate: float,
    basis: Float64,
    times_ms: Float64,
    phasor: Complex128,
    sums: Float64,
    noise: float,
    gradient: Any,
    information: Any,
) -> None:
    """Fill gradient and information of the angles at the fitted water, fat and rate."""
    # The water-fat block of J'J with the rate eliminated.
    a = sums[WW] - sums[WR] * sums[WR] / sums[RR]
    b = sums[WF] - sums[WR] * sums[FR] / sums[RR]
    d = sums[FF] - sums[FR] * sums[FR] / sums[RR]
    determinant = a * d - b * b
    if not determinant > 1e-12 * sums[WW] * sums[FF]:
        gradient[:] = 0
        information[:] = 0
        return
    place = 0
    for p in range(basis.shape[0]):
        score = p_water = p_fat = 0.0
        for n in range(times_ms.size):
            m, c, r = model[n], phasor[n], data[n] - model[n]
            weight = basis[p, n] * np.exp(-rate * times_ms[n])
            score += basis[p, n] * (m.real * r.imag - m.imag * r.real)
            p_water -= weight * m.imag
            p_fat += weight * (m.real * c.imag - m.imag * c.real)
        gradient[p] = score / noise
        for q in range(p + 1):
            own = q_water = q_fat = 0.0
            for n in range(times_ms.size):
                m, c = model[n], phasor[n]
                weight = basis[q, n] * np.exp(-rate * times_ms[n])
                own += basis[p, n] * basis[q, n] * (m.real * m.real + m.imag * m.imag)
                q_water -= weight * m.imag
                q_fat += weight * (m.real * c.imag - m.imag * c.real)
            lost = d * p_water * q_water - b * (p_water * q_fat + p_fat * q_water)
            lost += a * p_fat * q_fat
            information[place] = (own - lost / determinant) / noise
            place += 1


@compiled
def phase_scores(
    first: int,
    last: int,
    signals: Complex64,
    angles: Float32,
    basis: Float64,
    times_ms: Float64,
    phasor: Complex128,
    sigma: float,
    model_error: float,
    rates: Float32,
    gradient: Float32,
    information: Float32,
) -> None:
    """Gradient and information of the phase angles of each voxel, water, fat and R2* profiled out.

    Parameters
    ----------
    first, last
        Voxels of this share, see ``in_parallel``.
    signals
        (voxel, echo).
    angles
        (voxel, basis) present angles.
    basis, times_ms, phasor
        (basis, echo), (echo,), (echo,).
    sigma, model_error
        Noise level, and model error as a share of the signal.
    rates
        (voxel,) R2* in 1/ms; read as a start and replaced by the fit's.
    gradient
        (basis, voxel) output: derivative of the log likelihood.
    information
        (basis (basis + 1) / 2, voxel) output: lower triangle, row by row.
    """
    echoes = signals.shape[1]
    data = np.empty(echoes, np.complex128)
    model = np.empty(echoes, np.complex128)
    sums = np.empty(ACCUMULATOR_SIZE)
    for v in range(first, last):
        demodulate(signals[v], angles[v], basis, data)
        power = 0.0
        for n in range(echoes):
            power += data[n].real ** 2 + data[n].imag ** 2
        noise = sigma * sigma + model_error * model_error * power / echoes
        water, fat, rate, _ = fit_real(
            data, np.float64(rates[v]), times_ms, phasor, 0.01 * noise, model, sums
        )
        rates[v] = rate
        real_equations(data, water, fat, rate, times_ms, phasor, model, sums)
        scores_of_voxel(
            data, model, rate, basis, times_ms, phasor, sums, noise,
            gradient[:, v], information[:, v],
        )  # fmt: skip


@compiled
def common_phase(
    first: int,
    last: int,
    signals: Complex64,
    angles: Float32,
    basis: Float64,
    times_ms: Float64,
    phasor: Complex128,
    rates: Float32,
    turns: Float32,
) -> None:
    """Phase that water and fat of each voxel share, in closed form, as a weighted phasor.

    With u = G^-1 B the unconstrained water and fat, the phase is half the argument of B'u; of its
    two values the one with positive water plus fat is taken.

    Parameters
    ----------
    first, last
        Voxels of this share, see ``in_parallel``.
    signals, angles, basis, times_ms, phasor, rates
        As in ``phase_scores``; the first angle is 0.
    turns
        (2, voxel) output: real and imaginary part, with the explained energy as length.
    """
    echoes = signals.shape[1]
    data = np.empty(echoes, np.complex128)
    for v in range(first, last):
        demodulate(signals[v], angles[v], basis, data)
        w = f = 0j
        g11 = g12 = g22 = 0.0
        for n in range(echoes):
            decay = np.exp(-rates[v] * times_ms[n])
            c = phasor[n]
            w += decay * data[n]
            f += decay * data[n] * c.conjugate()
            g11 += decay * decay
            g12 += decay * decay * c.real
            g22 += decay * decay * (c.real * c.real + c.imag * c.imag)
        determinant = g11 * g22 - g12 * g12
        water = (g22 * w - g12 * f) / determinant
        fat = (g11 * f - g12 * w) / determinant
        square = w * water + f * fat
        length = abs(square)
        angle = 0.5 * np.arctan2(square.imag, square.real)
        total = water + fat
        turn = complex(np.cos(angle), np.sin(angle))
        if total.real * turn.real + total.imag * turn.imag < 0:
            turn = -turn
        turns[0, v], turns[1, v] = length * turn.real, length * turn.imag
