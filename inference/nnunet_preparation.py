"""nnU-Net's own steps between file and network: crop, intensities, resizing, tile weights.

Written from the published behaviour of nnU-Net version 2 (Isensee et al. 2021,
doi:10.1038/s41592-020-01008-z), so that imported weights see what they were trained on.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from inference.array_axes import Array, Size, Spacing, combined
from inference.postprocessing import Box, box_around
from inference.recipes import (
    Intensity,
    IntensityRule,
    ResizeRule,
    SplineOrder,
)

ANISOTROPIC_ABOVE = 3.0
LEAST_DEVIATION = 1e-8
GAUSSIAN_SIGMA_OF_TILE = 0.125
WEIGHT_IN_CENTRE = 10.0


def body_box(image: Array) -> tuple[Box, npt.NDArray[np.bool_]]:
    """Return the block that holds all values other than 0, and the filled body inside it."""
    body: npt.NDArray[np.bool_] = ndimage.binary_fill_holes(image != 0)
    box = box_around(body)
    return box, body[box.slices]


def normalised(image: Array, body: npt.NDArray[np.bool_], rule: IntensityRule) -> Array:
    """Return intensities as the network was trained on.

    Parameters
    ----------
    image
        Cropped image, float32.
    body
        The filled body, for masked z-scores.
    rule
        z-score: (v - mean) / deviation of the image (within the body when masked); CT: clipped,
        then by the training set's mean and deviation; 0-1: linear between minimum and maximum.
    """
    if rule.kind is Intensity.NONE:
        return image
    if rule.kind is Intensity.CT:
        clipped = np.clip(image, np.float32(rule.lower), np.float32(rule.upper))
        deviation = np.float32(max(rule.deviation, LEAST_DEVIATION))
        return np.asarray((clipped - np.float32(rule.mean)) / deviation, dtype=np.float32)
    if rule.kind is Intensity.RESCALE:
        shifted: Array = image - image.min()
        largest = np.float32(max(float(shifted.max()), LEAST_DEVIATION))
        return np.asarray(shifted / largest, dtype=np.float32)
    considered = image[body] if rule.masked else image
    deviation = np.float32(max(float(considered.std()), LEAST_DEVIATION))
    scored: Array = (image - considered.mean()) / deviation
    return np.where(body, scored, image) if rule.masked else scored


def network_shape(shape: Size, spacing: Spacing, target: Spacing) -> Size:
    """Return the size of an image at another spacing, each side rounded.

    Examples
    --------
    >>> network_shape((10, 20, 30), (5.0, 1.0, 1.0), (2.5, 2.0, 0.7))
    (20, 10, 43)
    """
    first, second, third = (
        round(old / new * side) for old, new, side in zip(spacing, target, shape, strict=True)
    )
    return first, second, third


def axis_apart(source: Spacing, target: Spacing, rule: ResizeRule) -> int | None:
    """Return the axis that is resampled apart from the others, or None.

    By default that is the one coarsest axis of the source where its voxels are more than 3 times
    as long as wide, else of the target.
    """
    for spacing in (source, target):
        is_anisotropic = max(spacing) / min(spacing) > ANISOTROPIC_ABOVE
        if rule.apart or (rule.apart is None and is_anisotropic):
            coarsest = [axis for axis, size in enumerate(spacing) if size == max(spacing)]
            return coarsest[0] if len(coarsest) == 1 else None
    return None


@lru_cache(maxsize=32)
def _resize_matrix(old: int, new: int, order: SplineOrder) -> Array:
    """Return (new, old): each new sample as a weighted sum of the old, voxel edges aligned."""
    matrix = ndimage.zoom(
        np.eye(old), (new / old, 1.0), order=order, mode="nearest", grid_mode=True
    )
    return np.asarray(matrix, dtype=np.float32)


def _along(values: Array, axis: int, size: int, order: SplineOrder) -> Array:
    if values.shape[axis] == size:
        return values
    matrix = _resize_matrix(values.shape[axis], size, order)
    return combined(values, matrix, axis)


def resized(values: Array, shape: Size, rule: ResizeRule, apart: int | None) -> Array:
    """Return an image with another number of voxels over the same extent.

    Splines along each axis; overshoot of cubic splines is clipped to the range of the source (of
    each slice where one axis is resampled apart).

    Parameters
    ----------
    values
        Three axes, float32.
    shape
        Wanted size.
    rule
        Orders of the splines.
    apart
        The axis that is resampled last with its own order, or None.
    """
    if values.shape == shape:
        return values
    together = tuple(axis for axis in range(3) if axis != apart)
    result = values
    for axis in together:
        result = _along(result, axis, shape[axis], rule.order)
    if rule.order > 1:
        low = values.min(axis=together, keepdims=True)
        high = values.max(axis=together, keepdims=True)
        result = np.clip(result, low, high)
    if apart is not None:
        result = _along(result, apart, shape[apart], rule.order_apart)
    return result


@lru_cache(maxsize=4)
def tile_weights(tile: Size) -> Array:
    """Return nnU-Net's importance of each voxel of a tile: a Gaussian, 10 in the centre.

    Rounded to half precision as nnU-Net keeps it; what rounds to 0 takes the least other value.
    """
    profiles = []
    for side in tile:
        impulse = np.zeros(side)
        impulse[side // 2] = 1.0
        blurred = ndimage.gaussian_filter(
            impulse, side * GAUSSIAN_SIGMA_OF_TILE, mode="constant", cval=0.0
        )
        profiles.append(blurred / blurred.max())
    first, second, third = profiles
    exact = first[:, None, None] * second[None, :, None] * third[None, None, :]
    half: Array = (exact * WEIGHT_IN_CENTRE).astype(np.float16).astype(np.float32)
    half[half == 0] = half[half > 0].min()
    half.setflags(write=False)
    return half
