"""A first field map without exchanges of water and fat: the smoothest choice of frequencies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.maps.cells import Cells
from analysis.maps.compiled import in_parallel
from analysis.maps.field_scan import FieldBins, block_costs, field_bins
from analysis.maps.fit_result import EchoModel
from analysis.maps.message_passing import NO_NEIGHBOUR, choose_labels, pass_messages
from analysis.signal.fat_spectrum import GYROMAGNETIC_RATIO_MHZ_PER_T

Float32 = npt.NDArray[np.float32]
Complex64 = npt.NDArray[np.complex64]
Int64 = npt.NDArray[np.int64]

ROUNDS = 4
# A difference of this many ppm between neighbouring blocks costs one unit of log likelihood.
SMOOTHNESS_PPM = 0.25
LARGEST_COST = 15.0
# Fat's main peak lies 3.4 ppm below water; beyond half of that a label stands for an exchange.
EXCHANGE_PPM = 1.7


@dataclass(frozen=True, slots=True, eq=False)
class FirstFieldMap:
    """Off-resonance of each block, and how sure the choice is.

    Parameters
    ----------
    frequency_hz
        (block grid) off-resonance, cyclic when the bins are.
    weight
        (block grid) curvature of the cost, 0 for empty blocks.
    log_odds
        (block grid) advantage of the choice over the best one an exchange away.
    period_hz
        After which frequencies repeat.
    """

    frequency_hz: Float32
    weight: Float32
    log_odds: Float32
    period_hz: float


def first_field_map(
    signals: Complex64, rates: Float32, model: EchoModel, sigma: float, blocks: Cells
) -> FirstFieldMap:
    """Choose one frequency a block, so that data and neighbours agree best.

    Parameters
    ----------
    signals
        (voxel, echo) complex.
    rates
        (2, voxel) two values of R2* in 1/ms; for each frequency the better one counts.
    model
        Echo times and fat phasor.
    sigma
        Noise level of one channel.
    blocks
        Blocks of voxels.
    """
    bins = field_bins(model)
    used, order, starts = _voxels_by_block(blocks)
    costs = np.empty((used.size, bins.frequencies_hz.size), np.float32)
    in_parallel(
        block_costs, used.size, signals, rates, order, starts, model.times_ms.copy(),
        model.phasor.copy(), bins.rotation(model.times_ms), sigma, costs,
    )  # fmt: skip
    beliefs, labels = _settle(costs, _neighbours(used, blocks.shape), bins, model)
    return _as_grid(used, labels, costs, beliefs, bins, blocks, model)


def _voxels_by_block(blocks: Cells) -> tuple[Int64, Int64, Int64]:
    """Return the used blocks, the voxels sorted by block, and where each block starts."""
    order = np.argsort(blocks.voxel_cell, kind="stable")
    used, counts = np.unique(blocks.voxel_cell, return_counts=True)
    return used, order, np.concatenate([[0], np.cumsum(counts)])


def _neighbours(used: Int64, shape: tuple[int, int, int]) -> Int64:
    """Return (block, 6) places of the neighbours before and after along k, j, i."""
    padded = np.full([size + 2 for size in shape], NO_NEIGHBOUR, np.int64)
    inner = padded[1:-1, 1:-1, 1:-1]
    position = np.unravel_index(used, shape)
    inner[position] = np.arange(used.size)
    i, j, k = (axis + 1 for axis in position)
    sides = (
        padded[i, j, k - 1], padded[i, j - 1, k], padded[i - 1, j, k],
        padded[i, j, k + 1], padded[i, j + 1, k], padded[i + 1, j, k],
    )  # fmt: skip
    return np.ascontiguousarray(np.stack(sides, axis=1))


def _settle(
    costs: Float32, neighbours: Int64, bins: FieldBins, model: EchoModel
) -> tuple[Float32, Int64]:
    step_hz = SMOOTHNESS_PPM * GYROMAGNETIC_RATIO_MHZ_PER_T * model.field_strength_t
    step, limit = np.float32(bins.width_hz / step_hz), np.float32(LARGEST_COST)
    beliefs = np.empty_like(costs)
    labels = np.empty(costs.shape[0], np.int64)
    pass_messages(costs, neighbours, step, limit, bins.is_cyclic, ROUNDS, beliefs)
    choose_labels(beliefs, costs, neighbours, step, limit, bins.is_cyclic, 2 * ROUNDS, labels)
    return beliefs, labels


def _as_grid(
    used: Int64,
    labels: Int64,
    costs: Float32,
    beliefs: Float32,
    bins: FieldBins,
    blocks: Cells,
    model: EchoModel,
) -> FirstFieldMap:
    count = bins.frequencies_hz.size
    rows = np.arange(used.size)
    before, after = (labels - 1) % count, (labels + 1) % count
    low, high, mid = costs[rows, before], costs[rows, after], costs[rows, labels]
    curvature = np.maximum(low + high - 2 * mid, np.float32(1e-3))
    shift = np.clip((low - high) / (2 * curvature), -0.5, 0.5)
    distance = np.abs(np.arange(count)[None] - labels[:, None])
    if bins.is_cyclic:
        distance = np.minimum(distance, count - distance)
    exchange_hz = EXCHANGE_PPM * GYROMAGNETIC_RATIO_MHZ_PER_T * model.field_strength_t
    is_far = distance * bins.width_hz > min(exchange_hz, 0.2 * count * bins.width_hz)
    rival = np.where(is_far, beliefs, np.inf).min(axis=1)

    def grid(values: npt.NDArray[np.floating]) -> Float32:
        filled = np.zeros(int(np.prod(blocks.shape)), np.float32)
        filled[used] = values
        return filled.reshape(blocks.shape)

    return FirstFieldMap(
        grid(bins.frequencies_hz[labels] + shift * bins.width_hz),
        grid(curvature),
        grid(np.maximum(rival - beliefs[rows, labels], 0)),
        count * bins.width_hz * (1 if bins.is_cyclic else 2),
    )


def at_voxels(field: FirstFieldMap, blocks: Cells, window: tuple[float, float, float]) -> Float32:
    """Return the smoothed off-resonance at each voxel in Hz, (voxel,).

    The map is smoothed as a phasor of its period, so that its wraps leave no trace.
    """
    turn = field.weight * np.exp(2j * np.pi * field.frequency_hz / field.period_hz)
    parts = [
        ndimage.gaussian_filter(part, window, mode="constant") for part in (turn.real, turn.imag)
    ]
    real, imaginary = (blocks.at_voxels(part.astype(np.float32)) for part in parts)
    result: Float32 = np.arctan2(imaginary, real) * np.float32(field.period_hz / (2 * np.pi))
    return result
