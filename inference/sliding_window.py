"""Run a network over a volume in overlapping tiles and blend the probabilities. Pure numpy."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Size = tuple[int, int, int]
Starts = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
GAUSSIAN_SIGMA_OF_TILE = 0.125


def tile_size(shape: Size, suggested: Size, divisor: int) -> Size:
    """Return the tile to use: the suggested one, shrunk where the volume is smaller.

    Parameters
    ----------
    shape, suggested
        Sizes in voxels.
    divisor
        Each side stays a multiple of this.

    Examples
    --------
    >>> tile_size((40, 200, 17), (96, 80, 48), 16)
    (48, 80, 32)
    """
    fitted = [
        min(tile, -(-side // divisor) * divisor)
        for side, tile in zip(shape, suggested, strict=True)
    ]
    return fitted[0], fitted[1], fitted[2]


def tile_starts(side: int, tile: int, overlap: float) -> tuple[int, ...]:
    """Return evenly spread first indices so that tiles cover ``side`` with at least ``overlap``.

    Parameters
    ----------
    side, tile
        Length of the volume (>= tile) and of a tile along one axis, voxels.
    overlap
        Least share of a tile that its neighbour covers too, 0 to <1.

    Examples
    --------
    >>> tile_starts(100, 40, 0.5)
    (0, 20, 40, 60)
    """
    if side <= tile:
        return (0,)
    count = math.ceil((side - tile) / (tile * (1 - overlap))) + 1
    return tuple(int(start) for start in np.linspace(0, side - tile, count).round())


def gaussian_weights(tile: Size) -> Array:
    """Return the weight of each voxel of a tile: 1 in the centre, falling to the borders."""
    profiles = []
    for side in tile:
        centred = (np.arange(side) - (side - 1) / 2) / (side * GAUSSIAN_SIGMA_OF_TILE)
        profiles.append(np.exp(-0.5 * centred**2))
    x, y, z = profiles
    weights = x[:, None, None] * y[None, :, None] * z[None, None, :]
    return np.asarray(np.maximum(weights, 1e-3), dtype=np.float32)


def softmax(logits: Array) -> Array:
    """Return class probabilities along the first axis."""
    shifted = np.exp(logits - logits.max(axis=0, keepdims=True))
    result: Array = shifted / shifted.sum(axis=0, keepdims=True)
    return result


def _tiles(starts: Starts, tile: Size) -> Iterator[tuple[slice, slice, slice]]:
    for x, y, z in itertools.product(*starts):
        yield slice(x, x + tile[0]), slice(y, y + tile[1]), slice(z, z + tile[2])


def blend(image: Array, run: Callable[[Array], Array], weights: Array, starts: Starts) -> Array:
    """Return the weighted mean of what a function says about overlapping tiles.

    Parameters
    ----------
    image
        (x, y, z) float32, at least as large as a tile.
    run
        A tile, float32 (1, 1, *tile), to its answer (class, *tile).
    weights
        Of the voxels of a tile, > 0; its shape is the tile.
    starts
        First indices of the tiles along each axis; together they cover the image.

    Returns
    -------
    (class, x, y, z) float32.
    """
    x, y, z = weights.shape
    total: Array | None = None
    seen = np.zeros(image.shape, np.float32)
    for place in _tiles(starts, (x, y, z)):
        answer = run(np.ascontiguousarray(image[place])[None, None])
        if total is None:
            total = np.zeros((answer.shape[0], *image.shape), np.float32)
        total[(slice(None), *place)] += answer * weights
        seen[place] += weights
    if total is None:
        raise ValueError("an image needs at least one voxel")
    total /= seen
    return total


def predict(image: Array, run: Callable[[Array], Array], tile: Size, overlap: float = 0.5) -> Array:
    """Return class probabilities of a whole volume.

    Parameters
    ----------
    image
        (x, y, z) float32, normalised.
    run
        The network: (1, 1, *tile) to logits (1, class, *tile).
    tile
        Tile in voxels; the image is padded with zeros where it is smaller.
    overlap
        Least overlap of neighbouring tiles.

    Returns
    -------
    (class, x, y, z) float32 probabilities that sum to 1.
    """
    padding = [(0, max(0, t - s)) for s, t in zip(image.shape, tile, strict=True)]
    padded = np.pad(image, padding)
    x, y, z = (tile_starts(s, t, overlap) for s, t in zip(padded.shape, tile, strict=True))
    weights = gaussian_weights(tile)
    total = blend(padded, lambda block: softmax(run(block)[0]), weights, (x, y, z))
    return total[:, : image.shape[0], : image.shape[1], : image.shape[2]]
