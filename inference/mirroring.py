"""Average what a network says about a tile and its mirror images (test-time mirroring)."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from inference.prediction import Array, Run


def mirrored(run: Run, axes: tuple[int, ...]) -> Run:
    """Return the network averaged over all mirrorings along the given axes.

    Only for networks that were trained with mirroring along these axes: left and right tell the
    segments apart. Each tile is run 2 to the power of ``len(axes)`` times.

    Parameters
    ----------
    run
        float32 (1, 1, x, y, z) to logits (1, class, x, y, z).
    axes
        Of the tile, 0 to 2; empty leaves the network as it is.
    """
    if not axes:
        return run
    ways = [
        tuple(axis + 2 for axis in chosen)
        for count in range(len(axes) + 1)
        for chosen in combinations(axes, count)
    ]

    def average(tile: Array) -> Array:
        total = np.zeros((), np.float32)
        for way in ways:
            answer = run(np.ascontiguousarray(np.flip(tile, way)))
            total = total + np.flip(answer, way)
        return np.asarray(total / np.float32(len(ways)), np.float32)

    return average
