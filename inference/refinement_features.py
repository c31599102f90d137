"""What a voxel looks like beside the liver around it: signals of one or more images of one grid.

Brightness alone says little (coils shade images), so every signal is compared with the confident
liver nearby, and several echoes are turned into their common brightness and their ratios, which
hold the fat and iron of the tissue and no coil.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Spacing = tuple[float, float, float]
MOST_IMAGES = 6
_COARSE_MM = 5.0
_WIDE, _WIDE_WEIGHT = 3.0, 1e-3
_MAD_TO_SD = 1.4826
_SECOND_DIFFERENCE_GAIN = np.sqrt(6.0)
_FLOOR_OF_MEDIAN = 0.01


def spread_choice(count: int, most: int = MOST_IMAGES) -> tuple[int, ...]:
    """Return which of ``count`` images to use: all, or the most that are allowed, evenly spread.

    Examples
    --------
    >>> spread_choice(3), spread_choice(12, 4)
    ((0, 1, 2), (0, 4, 7, 11))
    """
    return tuple(int(n) for n in np.linspace(0, count - 1, min(count, most)).round())


def noise_level(image: Array, inside: Mask) -> float:
    """Return the noise SD of an image from second differences along i, robust against borders.

    Parameters
    ----------
    image
        (i, j, k), any unit.
    inside
        (i, j, k) bool, where to look.
    """
    second = image[2:] - 2 * image[1:-1] + image[:-2]
    chosen = second[inside[1:-1]]
    if chosen.size == 0:
        return 0.0
    return float(_MAD_TO_SD * np.median(np.abs(chosen)) / _SECOND_DIFFERENCE_GAIN)


def signals(images: Sequence[Array], core: Mask) -> Array:
    """Return common brightness and ratios of images of one grid, in units that add.

    Logarithms, because coil shading and echo ratios multiply; with a floor of twice the noise, so
    that air is dark and not minus infinity. Images with negative liver (CT) are taken as they are.

    Parameters
    ----------
    images
        (i, j, k) each; echoes of one acquisition, or one image.
    core
        (i, j, k) bool, confident liver.

    Returns
    -------
    (channel, i, j, k) float32: first the mean over the images (times the root of their number),
    then an orthonormal set of their differences.
    """
    channels = np.stack([_signal(image, core) for image in images])
    count = len(channels)
    if count == 1:
        return channels
    differences = np.linalg.svd(np.eye(count) - 1 / count)[0][:, : count - 1].T
    turn = np.vstack([np.full(count, count**-0.5), differences]).astype(np.float32)
    result: Array = np.tensordot(turn, channels, axes=1)
    return result


def _signal(image: Array, core: Mask) -> Array:
    middle = float(np.median(image[core]))
    if float(np.percentile(image, 5)) < 0 or middle <= 0:
        return image
    floor = 2 * noise_level(image, core) + _FLOOR_OF_MEDIAN * middle
    result: Array = np.log(np.maximum(image, 0) + np.float32(floor))
    return result


def local_mean(values: Array, weight: Array, width_mm: float, spacing_mm: Spacing) -> Array:
    """Return the weighted mean around every voxel, carried on to where there is no weight.

    Normalised convolution on a grid of about 5 mm: sum(g w f) / sum(g w), with a wide and weak
    second Gaussian g that takes over far from any weight.

    Parameters
    ----------
    values
        (channel, i, j, k).
    weight
        (i, j, k), 0 where a value is unknown; somewhere above 0.
    width_mm
        SD of the Gaussian.
    spacing_mm
        Of the grid.

    References
    ----------
    Knutsson and Westin 1993, normalised convolution, doi:10.1109/CVPR.1993.341081.
    """
    steps = [max(1, round(_COARSE_MM / size)) for size in spacing_mm]
    weighted, weights = _block_means(values * weight, steps), _block_means(weight, steps)
    total, share = np.zeros_like(weighted), np.zeros_like(weights)
    for factor, trust in ((1.0, 1.0), (_WIDE, _WIDE_WEIGHT)):
        sigma = [factor * width_mm / (size * n) for size, n in zip(spacing_mm, steps, strict=True)]
        total += trust * _smooth(weighted, sigma)
        share += trust * _smooth(weights, sigma)
    everywhere = weighted.sum(axis=(1, 2, 3), keepdims=True) / weights.sum()
    mean = (total + 1e-9 * everywhere) / (share + 1e-9)
    return _between_blocks(mean, weight.shape, steps)


def _smooth(values: Array, sigma: list[float]) -> Array:
    leading = [0.0] * (values.ndim - 3)
    result: Array = ndimage.gaussian_filter(
        values, [*leading, *sigma], mode="constant", truncate=3.0
    )
    return result


def _block_means(values: Array, steps: list[int]) -> Array:
    sizes = values.shape[-3:]
    padding = [(0, 0)] * (values.ndim - 3)
    padding += [(0, -size % step) for size, step in zip(sizes, steps, strict=True)]
    padded = np.pad(values, padding)
    x, y, z = (size // step for size, step in zip(padded.shape[-3:], steps, strict=True))
    blocks = padded.reshape(*values.shape[:-3], x, steps[0], y, steps[1], z, steps[2])
    result: Array = blocks.mean(axis=(-5, -3, -1))
    return result


def _between_blocks(means: Array, shape: tuple[int, ...], steps: list[int]) -> Array:
    """Return means of blocks at every voxel, linear between the blocks' centres."""
    for axis, (size, step) in enumerate(zip(shape, steps, strict=True)):
        last = means.shape[axis + 1] - 1
        place = np.clip((np.arange(size) - (step - 1) / 2) / step, 0, last)
        below = np.minimum(place.astype(int), max(last - 1, 0))
        above = np.minimum(below + 1, last)
        part = [-1 if other == axis + 1 else 1 for other in range(4)]
        rest = (place - below).astype(np.float32).reshape(part)
        low, high = np.take(means, below, axis + 1), np.take(means, above, axis + 1)
        means = low + rest * (high - low)
    return means
