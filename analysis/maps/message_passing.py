"""The smoothest field map that still explains the data: sequential tree-reweighted messages.

Minimises sum_s cost_s(x_s) + sum_st min(|x_s - x_t| / scale, limit) over one label a block, where
x_s are frequency bins and |.| may be cyclic.

References
----------
Kolmogorov 2006, doi:10.1109/TPAMI.2006.200 (TRW-S); Felzenszwalb and Huttenlocher 2006,
doi:10.1007/s11263-006-7899-4 (messages for truncated linear costs in linear time).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.maps.compiled import compiled

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]

NO_NEIGHBOUR = -1


@compiled
def spread_once(message: Float32, step: np.float32, is_cyclic: bool) -> None:
    """Let no value exceed its predecessor's by more than ``step``, once round if cyclic."""
    value = message[0]
    for x in range(1, message.size):
        value = min(message[x], value + step)
        message[x] = value
    if is_cyclic:
        for x in range(message.size):
            value += step
            if message[x] <= value:
                break
            message[x] = value


@compiled
def smooth_message(message: Float32, step: np.float32, limit: np.float32, is_cyclic: bool) -> None:
    """Replace m(x) by its lower envelope min over y of m(y) + min(step |x - y|, limit), in place.

    The lowest value is subtracted.
    """
    spread_once(message, step, is_cyclic)
    spread_once(message[::-1], step, is_cyclic)
    lowest = message.min()
    for x in range(message.size):
        message[x] = min(message[x] - lowest, limit)


@compiled
def gather_belief(cost: Float32, incoming: Float32, neighbours: Int64, belief: Float32) -> None:
    """Add the incoming messages of one block to its data term; (bin,), (6, bin), (6,), (bin,)."""
    for x in range(cost.size):
        belief[x] = cost[x]
    for side in range(6):
        if neighbours[side] >= 0:
            for x in range(cost.size):
                belief[x] += incoming[side, x]


@compiled
def block_weights(neighbours: Int64) -> Float32:
    """Return one over the number of monotonic chains through each block, (block,)."""
    weight = np.empty(neighbours.shape[0], np.float32)
    for s in range(neighbours.shape[0]):
        before = after = 0
        for side in range(3):
            before += neighbours[s, side] >= 0
            after += neighbours[s, side + 3] >= 0
        weight[s] = 1.0 / max(before, after, 1)
    return weight


@compiled
def pass_messages(
    costs: Float32,
    neighbours: Int64,
    step: np.float32,
    limit: np.float32,
    is_cyclic: bool,
    rounds: int,
    beliefs: Float32,
) -> None:
    """Run forward and backward sweeps over all blocks.

    Parameters
    ----------
    costs
        (block, bin) data term; the blocks are in raster order.
    neighbours
        (block, 6): before along k, j, i, then after along k, j, i; -1 where there is none.
    step, limit
        Cost of one bin of difference, and the largest cost of a difference.
    is_cyclic
        Whether the last bin is a neighbour of the first.
    rounds
        Forward and backward sweeps.
    beliefs
        (block, bin) output: data term plus all incoming messages.
    """
    blocks, bins = costs.shape
    messages = np.zeros((blocks, 6, bins), np.float32)  # incoming, by the side they come from
    outgoing = np.empty(bins, np.float32)
    weight = block_weights(neighbours)
    for sweep in range(2 * rounds):
        is_forward = sweep % 2 == 0
        first = 3 if is_forward else 0
        for place in range(blocks):
            s = place if is_forward else blocks - 1 - place
            gather_belief(costs[s], messages[s], neighbours[s], beliefs[s])
            for side in range(first, first + 3):
                t = neighbours[s, side]
                if t >= 0:
                    for x in range(bins):
                        outgoing[x] = weight[s] * beliefs[s, x] - messages[s, side, x]
                    smooth_message(outgoing, step, limit, is_cyclic)
                    messages[t, (side + 3) % 6, :] = outgoing
    for s in range(blocks):
        gather_belief(costs[s], messages[s], neighbours[s], beliefs[s])


@compiled
def add_differences(
    total: Float32, label: int, step: np.float32, limit: np.float32, is_cyclic: bool
) -> None:
    """Add the cost of differing from a neighbour's label to every bin, (bin,)."""
    bins = total.size
    for x in range(bins):
        distance = abs(x - label)
        if is_cyclic:
            distance = min(distance, bins - distance)
        total[x] += min(step * distance, limit)


@compiled
def choose_labels(
    beliefs: Float32,
    costs: Float32,
    neighbours: Int64,
    step: np.float32,
    limit: np.float32,
    is_cyclic: bool,
    rounds: int,
    labels: Int64,
) -> None:
    """Start from the lowest belief of each block, then settle each label given its neighbours.

    ``labels`` is the (block,) output; the other arguments are those of ``pass_messages``.
    """
    blocks, bins = costs.shape
    for s in range(blocks):
        labels[s] = np.argmin(beliefs[s])
    total = np.empty(bins, np.float32)
    for _ in range(rounds):
        changed = 0
        for s in range(blocks):
            total[:] = costs[s]
            for side in range(6):
                if neighbours[s, side] >= 0:
                    add_differences(total, labels[neighbours[s, side]], step, limit, is_cyclic)
            best = np.argmin(total)
            changed += best != labels[s]
            labels[s] = best
        if not changed:
            break
