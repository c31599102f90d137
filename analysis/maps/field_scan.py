"""How well every off-resonance frequency explains a block of voxels: the field map's data term.

For a voxel and a frequency f, water and fat share one phase and are not negative; the energy that
the best such pair explains has a closed form (Bydder 2011 without the sign, here with it).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.maps.compiled import compiled
from analysis.maps.fit_result import EchoModel

Float64 = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
Complex64 = npt.NDArray[np.complex64]
Complex128 = npt.NDArray[np.complex128]
Int64 = npt.NDArray[np.int64]

# Model error as a share of the signal: keeps bright voxels from being overconfident.
MODEL_ERROR = 0.03
# Two R2* values are worth a second look when decay over the echo train differs by this much.
RATE_MATTERS = 0.15
# Cost of one voxel is cut here, in units of -log likelihood.
COST_LIMIT = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class FieldBins:
    """The frequencies that are tried.

    Parameters
    ----------
    frequencies_hz
        (bin,) equally spaced.
    is_cyclic
        True when the echoes are equally spaced: then the first bin follows the last.
    """

    frequencies_hz: Float64
    is_cyclic: bool

    def rotation(self, times_ms: Float64) -> Complex64:
        """Return exp(-i 2 pi f t), (echo, bin), for echo times in ms."""
        turns = np.exp(-2e-3j * np.pi * times_ms[:, None] * self.frequencies_hz)
        result: Complex64 = turns.astype(np.complex64)
        return result

    @property
    def width_hz(self) -> float:
        """Distance between neighbouring bins."""
        return float(self.frequencies_hz[1] - self.frequencies_hz[0])


def field_bins(model: EchoModel) -> FieldBins:
    """Return one period of off-resonance for equally spaced echoes, else a range of +-5 ppm.

    The bins are so narrow that the phase over the whole echo train moves by half a radian.
    """
    steps = np.diff(model.times_ms)
    span_ms = float(model.times_ms[-1] - model.times_ms[0])
    is_cyclic = bool(np.ptp(steps) < 0.03 * steps.mean())
    range_hz = 1000 / steps.mean() if is_cyclic else 10 * 42.577478 * model.field_strength_t
    count = 8 * int(np.ceil(range_hz * span_ms / 1000 * 4 * np.pi / 8))
    count = max(count, 48)
    frequencies = (np.arange(count) / count - 0.5) * range_hz
    return FieldBins(frequencies, is_cyclic)


@compiled
def explained_energy(
    w_real: float,
    w_imag: float,
    f_real: float,
    f_imag: float,
    g11: float,
    g12: float,
    g22: float,
) -> float:
    """Energy explained by non-negative water and fat of one common phase.

    ``w`` and ``f`` are the projections on water and on fat, ``g`` the real part of the Gram matrix.
    """
    determinant = g11 * g22 - g12 * g12
    a, b, c = g22 / determinant, -g12 / determinant, g11 / determinant
    uw_real, uw_imag = a * w_real + b * f_real, a * w_imag + b * f_imag
    uf_real, uf_imag = b * w_real + c * f_real, b * w_imag + c * f_imag
    hermitian = w_real * uw_real + w_imag * uw_imag + f_real * uf_real + f_imag * uf_imag
    t_real = w_real * uw_real - w_imag * uw_imag + f_real * uf_real - f_imag * uf_imag
    t_imag = w_real * uw_imag + w_imag * uw_real + f_real * uf_imag + f_imag * uf_real
    length = np.sqrt(t_real * t_real + t_imag * t_imag)
    p_real = uw_real * uf_real - uw_imag * uf_imag
    p_imag = uw_real * uf_imag + uw_imag * uf_real
    product = length * (uw_real * uf_real + uw_imag * uf_imag) + t_real * p_real + t_imag * p_imag
    both = 0.5 * (hermitian + length)
    water_only = (w_real * w_real + w_imag * w_imag) / g11
    fat_only = (f_real * f_real + f_imag * f_imag) / g22
    return both if product >= 0 else max(water_only, fat_only)


@compiled
def energies_of_voxel(
    signal: Any,
    rate_per_ms: float,
    times_ms: Float64,
    phasor: Complex128,
    rotation: Complex64,
    work: Float32,
    energy: Float32,
) -> float:
    """Fill ``energy`` with what each frequency explains of one voxel; return the signal's energy.

    ``work`` is (4, bin) scratch; the other arguments are those of ``block_costs``.
    """
    echoes, bins = rotation.shape
    w_real, w_imag, f_real, f_imag = work[0], work[1], work[2], work[3]
    work[:] = 0
    g11 = g12 = g22 = power = 0.0
    for n in range(echoes):
        decay = np.exp(-rate_per_ms * times_ms[n])
        c = phasor[n]
        g11 += decay * decay
        g12 += decay * decay * c.real
        g22 += decay * decay * (c.real * c.real + c.imag * c.imag)
        s = signal[n]
        power += s.real * s.real + s.imag * s.imag
        x_real, x_imag = np.float32(decay * s.real), np.float32(decay * s.imag)
        y_real = np.float32(c.real * x_real + c.imag * x_imag)
        y_imag = np.float32(c.real * x_imag - c.imag * x_real)
        for k in range(bins):
            r_real, r_imag = rotation[n, k].real, rotation[n, k].imag
            w_real[k] += x_real * r_real - x_imag * r_imag
            w_imag[k] += x_real * r_imag + x_imag * r_real
            f_real[k] += y_real * r_real - y_imag * r_imag
            f_imag[k] += y_real * r_imag + y_imag * r_real
    for k in range(bins):
        energy[k] = explained_energy(w_real[k], w_imag[k], f_real[k], f_imag[k], g11, g12, g22)
    return power


@compiled
def best_energies(
    signal: Any,
    rates_per_ms: Any,
    times_ms: Float64,
    phasor: Complex128,
    rotation: Complex64,
    work: Float32,
    energy: Float32,
    other: Float32,
) -> float:
    """Fill ``energy`` with the better of two R2* values; the second only where it matters.

    Arguments as in ``energies_of_voxel``, with (2,) rates and (bin,) scratch ``other``.
    """
    power = energies_of_voxel(signal, rates_per_ms[0], times_ms, phasor, rotation, work, energy)
    difference = abs(rates_per_ms[1] - rates_per_ms[0])
    if difference * (times_ms[-1] - times_ms[0]) > RATE_MATTERS:
        energies_of_voxel(signal, rates_per_ms[1], times_ms, phasor, rotation, work, other)
        for k in range(energy.size):
            energy[k] = max(energy[k], other[k])
    return power


@compiled
def block_costs(
    first: int,
    last: int,
    signals: Complex64,
    rates_per_ms: Float32,
    order: Int64,
    starts: Int64,
    times_ms: Float64,
    phasor: Complex128,
    rotation: Complex64,
    sigma: float,
    costs: Float32,
) -> None:
    """Sum the cost of every frequency over the voxels of each block.

    Parameters
    ----------
    first, last
        Blocks of this share, see ``in_parallel``.
    signals
        (voxel, echo) complex.
    rates_per_ms
        (2, voxel) two values of R2*; for each frequency the better one counts.
    order, starts
        Voxels sorted by block, and (block + 1,) where each block starts.
    times_ms, phasor
        (echo,) echo times and fat phasor.
    rotation
        (echo, bin) exp(-i 2 pi f t).
    sigma
        Noise level of one channel.
    costs
        (block, bin) output, in units of -log likelihood.
    """
    echoes, bins = rotation.shape
    for block in range(first, last):
        work = np.empty((4, bins), np.float32)
        energy, other = np.empty(bins, np.float32), np.empty(bins, np.float32)
        total = np.zeros(bins, np.float32)
        for place in range(starts[block], starts[block + 1]):
            voxel = order[place]
            power = best_energies(
                signals[voxel], rates_per_ms[:, voxel], times_ms, phasor, rotation,
                work, energy, other,
            )  # fmt: skip
            noise = sigma * sigma + MODEL_ERROR * MODEL_ERROR * power / echoes
            scale, best = np.float32(0.5 / noise), energy.max()
            for k in range(bins):
                total[k] += min((best - energy[k]) * scale, np.float32(COST_LIMIT))
        costs[block] = total


@compiled
def unexplained_energy(
    first: int,
    last: int,
    signals: Complex64,
    rates_per_ms: Float32,
    times_ms: Float64,
    phasor: Complex128,
    rotation: Complex64,
    residual: Float32,
) -> None:
    """Fill (voxel,) ``residual`` with the energy that even the best frequency leaves over."""
    bins = rotation.shape[1]
    work = np.empty((4, bins), np.float32)
    energy, other = np.empty(bins, np.float32), np.empty(bins, np.float32)
    for v in range(first, last):
        power = best_energies(
            signals[v], rates_per_ms[:, v], times_ms, phasor, rotation, work, energy, other
        )
        residual[v] = power - energy.max()
