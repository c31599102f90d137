"""Follow the recipe of a MONAI bundle: patient axes, spacing, intensities, sliding window.

Written from MONAI's published behaviour (Spacing, SlidingWindowInferer). One difference: logits
are brought back to the image linearly and the highest wins, whatever order the bundle's own
post-processing takes.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from analysis.volume import Volume
from inference.array_axes import Array, Size, Spacing, combined, layout_of
from inference.confidence import expected_dice
from inference.prediction import Channels, Prediction, Run, most_probable
from inference.preprocessing import require_segmentable
from inference.recipes import MonaiIntensity, MonaiRecipe, MonaiScaling
from inference.sliding_window import blend, gaussian_weights

LEAST_SCALE = 1e-12
PATIENT_AXES = (0, 1, 2)


@lru_cache(maxsize=32)
def _linear_matrix(old: int, new: int, step: float) -> Array:
    """Return (new, old) weights that sample every ``step`` old voxels from the first centre."""
    places = np.clip(np.arange(new) * step, 0, old - 1)
    below = np.minimum(places.astype(int), max(0, old - 2))
    share = places - below
    matrix = np.zeros((new, old), np.float32)
    rows = np.arange(new)
    matrix[rows, below] = 1 - share
    matrix[rows, np.minimum(below + 1, old - 1)] += share
    return matrix


def spaced(values: Array, shape: Size, steps: Spacing) -> Array:
    """Return values on a grid that shares the first voxel's centre; linear, borders held.

    Parameters
    ----------
    values
        Three axes.
    shape
        Wanted size.
    steps
        Distance of new samples in old voxels, along each axis.
    """
    for axis, (size, step) in enumerate(zip(shape, steps, strict=True)):
        if step != 1.0 or values.shape[axis] != size:
            values = combined(values, _linear_matrix(values.shape[axis], size, step), axis)
    return values


def spaced_shape(shape: Size, steps: Spacing) -> Size:
    """Return the size of an image at another spacing, from first to last voxel centre.

    Examples
    --------
    >>> spaced_shape((11, 11, 4), (2.0, 0.5, 1.0))
    (6, 21, 4)
    """
    first, second, third = (
        round((side - 1) / step + 1) for side, step in zip(shape, steps, strict=True)
    )
    return first, second, third


def scaled(image: Array, rule: MonaiIntensity) -> Array:
    """Return intensities after one of the bundle's transforms."""
    if rule.kind is MonaiScaling.Z_SCORE:
        inside = image != 0 if rule.nonzero else np.ones(image.shape, dtype=bool)
        considered = image[inside]
        deviation = float(considered.std()) or 1.0
        scored: Array = (image - considered.mean()) / np.float32(deviation)
        return np.where(inside, scored, image)
    low, high = rule.low, rule.high
    if rule.kind is MonaiScaling.EXTREMES:
        low, high = float(image.min()), float(image.max())
    elif rule.kind is MonaiScaling.PERCENTILES:
        low, high = (float(value) for value in np.percentile(image, [rule.low, rule.high]))
    share: Array = (image - np.float32(low)) / np.float32(max(high - low, LEAST_SCALE))
    result: Array = share * np.float32(rule.top - rule.bottom) + np.float32(rule.bottom)
    return np.clip(result, rule.bottom, rule.top) if rule.clip else result


def window_starts(side: int, tile: int, overlap: float) -> tuple[int, ...]:
    """Return first indices in steps of the tile less the overlap, the last moved inwards.

    Examples
    --------
    >>> window_starts(10, 4, 0.25)
    (0, 3, 6)
    >>> window_starts(9, 4, 0.25)
    (0, 3, 5)
    """
    if side <= tile:
        return (0,)
    step = max(1, int(tile * (1 - overlap)))
    return (*range(0, side - tile, step), side - tile)


def _blended_logits(image: Array, recipe: MonaiRecipe, run: Run) -> Array:
    missing = [max(0, t - s) for s, t in zip(image.shape, recipe.tile, strict=True)]
    padding = [(amount // 2, amount - amount // 2) for amount in missing]
    padded = np.pad(image, padding)
    weights = gaussian_weights(recipe.tile) if recipe.gaussian else np.ones(recipe.tile, np.float32)
    x, y, z = (
        window_starts(side, tile, recipe.overlap)
        for side, tile in zip(padded.shape, recipe.tile, strict=True)
    )
    logits = blend(padded, lambda tile: run(tile)[0], weights, (x, y, z))
    inner = tuple(
        slice(below, below + size) for (below, _), size in zip(padding, image.shape, strict=True)
    )
    return logits[(slice(None), *inner)]


def predict_like_monai(
    volume: Volume, recipe: MonaiRecipe, labels: Channels, run: Run
) -> Prediction:
    """Find the segments as the bundle's preprocessing and sliding window would.

    Parameters
    ----------
    volume
        Any orientation and spacing.
    recipe
        Of the model.
    labels
        (output channel, segment key) pairs.
    run
        The network: float32 (1, 1, *tile) to logits (1, class, *tile).

    Raises
    ------
    UnsupportedAcquisition, UnusableInput
        If the image cannot hold a liver.
    """
    layout = layout_of(volume.geometry, recipe.orientation, PATIENT_AXES)
    image = layout.to_network(require_segmentable(volume))
    whole = (image.shape[0], image.shape[1], image.shape[2])
    spacing = layout.spacing(volume.geometry)
    a, b, c = (new / old for new, old in zip(recipe.spacing_mm or spacing, spacing, strict=True))
    prepared = spaced(image, spaced_shape(whole, (a, b, c)), (a, b, c))
    for rule in recipe.intensities:
        prepared = scaled(prepared, rule)
    logits = _blended_logits(prepared, recipe, run)
    back = (1 / a, 1 / b, 1 / c)
    winner, liver = most_probable((spaced(one, whole, back) for one in logits), labels, whole)
    segments = np.ascontiguousarray(layout.to_image(winner))
    probability = np.ascontiguousarray(layout.to_image(liver))
    mask = segments > 0
    return Prediction(segments, probability, mask, expected_dice(probability, mask))
