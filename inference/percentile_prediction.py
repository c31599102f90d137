"""Follow the recipe of Lobule's own models: patient axes, probabilities resampled back."""

from __future__ import annotations

from itertools import combinations
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from analysis.anatomy import BY_KEY
from analysis.volume import Geometry, Volume
from inference.confidence import promise
from inference.postprocessing import Box, largest_component
from inference.prediction import Array, Channels, Prediction, Run, require_liver
from inference.preprocessing import network_grid, prepare, resample
from inference.recipes import PercentileRecipe
from inference.sliding_window import predict, tile_size

MARGIN_VOXELS = 4
LEAST_AGREEMENT = 0.7
"""Views that agree less are not averaged: the one that promises most stands alone."""
T = TypeVar("T", bound=np.generic)


def _box_of(mask: npt.NDArray[np.bool_], source: Geometry, target: Geometry) -> Box:
    index = np.argwhere(mask)
    low, high = index.min(axis=0) - MARGIN_VOXELS, index.max(axis=0) + MARGIN_VOXELS
    corners = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), -1).reshape(-1, 3)
    to_target = np.linalg.inv(target.affine) @ source.affine
    moved = corners @ to_target[:3, :3].T + to_target[:3, 3]
    start = np.clip(np.floor(moved.min(axis=0)), 0, np.array(target.shape) - 1).astype(int)
    stop = np.clip(np.ceil(moved.max(axis=0)) + 1, start + 1, target.shape).astype(int)
    return Box(
        (int(start[0]), int(start[1]), int(start[2])), (int(stop[0]), int(stop[1]), int(stop[2]))
    )


def _block_geometry(geometry: Geometry, box: Box) -> Geometry:
    affine = geometry.affine.copy()
    affine[:3, 3] = geometry.affine[:3, :3] @ np.array(box.start) + geometry.affine[:3, 3]
    return Geometry(box.shape, affine)


def _labels_in_block(
    probabilities: Array, labels: Channels, source: Geometry, block: Geometry
) -> tuple[npt.NDArray[np.uint8], Array]:
    """Return the most probable segment of each voxel and the probability of any segment."""
    best = np.full(block.shape, -1.0, np.float32)
    segments = np.zeros(block.shape, np.uint8)
    liver = np.zeros(block.shape, np.float32)
    for channel, key in labels:
        # The image's first and last slices lie beyond the centres of coarse voxels.
        probability = resample(probabilities[channel], source, block, beyond="nearest")
        better = probability > best
        best[better] = probability[better]
        segments[better] = BY_KEY[key].label
        liver += probability
    return segments, liver


def _whole(block: npt.NDArray[T], box: Box, shape: tuple[int, int, int]) -> npt.NDArray[T]:
    result = np.zeros(shape, block.dtype)
    result[box.slices] = block
    return result


def _probabilities(view: Volume, recipe: PercentileRecipe, run: Run) -> Array:
    """Return what the network says of one image, (class, x, y, z) on the network's grid."""
    prepared = prepare(view, recipe.spacing_mm, recipe.normalisation)
    tile = tile_size(prepared.geometry.shape, recipe.tile, recipe.divisor)
    return predict(prepared.image, run, tile)


def _agreement(probabilities: list[Array]) -> float | None:
    """Return the least Dice of two views' livers, or None of a single view."""
    masks = [liver > 0.5 for liver in probabilities]
    pairs = [_dice(one, other) for one, other in combinations(masks, 2)]
    return min(pairs) if pairs else None


def _own_promise(liver: Array) -> float:
    found = liver > 0.5
    return promise(liver, found, largest_component(found))


def _dice(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    total = np.count_nonzero(one) + np.count_nonzero(other)
    return 2 * np.count_nonzero(one & other) / total if total else 1.0


def predict_on_patient_axes(
    views: tuple[Volume, ...], recipe: PercentileRecipe, labels: Channels, run: Run
) -> Prediction:
    """Find the liver on the network's grid and the segments on the image's own.

    Parameters
    ----------
    views
        Images of one grid, any orientation and spacing; what the network says of them is averaged.
    recipe
        Of the model.
    labels
        (output channel, segment key) pairs.
    run
        The network: float32 (1, 1, x, y, z) to logits (1, class, x, y, z).

    Raises
    ------
    EmptySegmentation
        If no liver of at least 100 ml is found.
    UnsupportedAcquisition, UnusableInput
        If the image cannot hold a liver.
    """
    own = views[0].geometry
    grid = network_grid(own, recipe.spacing_mm)
    channels = [channel for channel, _ in labels]
    seen = [_probabilities(view, recipe, run) for view in views]
    agreement = _agreement([answer[channels].sum(axis=0) for answer in seen])
    if agreement is not None and agreement < LEAST_AGREEMENT:
        seen = [max(seen, key=lambda answer: _own_promise(answer[channels].sum(axis=0)))]
    probabilities: Array = np.mean(seen, axis=0, dtype=np.float32)
    coarse: Array = probabilities[channels].sum(axis=0)
    found = coarse > 0.5
    kept = largest_component(found)
    require_liver(kept, grid.voxel_volume_ml)
    box = _box_of(kept, grid, own)
    block = _block_geometry(own, box)
    segments, liver = _labels_in_block(probabilities, labels, grid, block)
    shape = own.shape
    return Prediction(
        segments=_whole(segments, box, shape),
        liver=_whole(liver, box, shape),
        mask=_whole(liver > 0.5, box, shape),
        confidence=recipe.calibration.apply(promise(coarse, found, kept)),
        agreement=agreement,
    )
