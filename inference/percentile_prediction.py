"""Follow the recipe of Lobule's own models: patient axes, probabilities resampled back."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from analysis.anatomy import BY_KEY
from analysis.volume import Geometry, Volume
from inference.confidence import promise
from inference.postprocessing import Box, largest_component
from inference.prediction import Array, Channels, Prediction, Run, require_liver
from inference.preprocessing import prepare, resample
from inference.recipes import PercentileRecipe
from inference.sliding_window import predict, tile_size

MARGIN_VOXELS = 2
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
        probability = resample(probabilities[channel], source, block)
        better = probability > best
        best[better] = probability[better]
        segments[better] = BY_KEY[key].label
        liver += probability
    return segments, liver


def _whole(block: npt.NDArray[T], box: Box, shape: tuple[int, int, int]) -> npt.NDArray[T]:
    result = np.zeros(shape, block.dtype)
    result[box.slices] = block
    return result


def predict_on_patient_axes(
    volume: Volume, recipe: PercentileRecipe, labels: Channels, run: Run
) -> Prediction:
    """Find the liver on the network's grid and the segments on the image's own.

    Parameters
    ----------
    volume
        Any orientation and spacing.
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
    prepared = prepare(volume, recipe.spacing_mm, recipe.normalisation)
    tile = tile_size(prepared.geometry.shape, recipe.tile, recipe.divisor)
    probabilities = predict(prepared.image, run, tile)
    coarse: Array = probabilities[[channel for channel, _ in labels]].sum(axis=0)
    found = coarse > 0.5
    kept = largest_component(found)
    require_liver(kept, prepared.geometry.voxel_volume_ml)
    box = _box_of(kept, prepared.geometry, volume.geometry)
    block = _block_geometry(volume.geometry, box)
    segments, liver = _labels_in_block(probabilities, labels, prepared.geometry, block)
    shape = volume.geometry.shape
    return Prediction(
        segments=_whole(segments, box, shape),
        liver=_whole(liver, box, shape),
        mask=_whole(liver > 0.5, box, shape),
        confidence=recipe.calibration.apply(promise(coarse, found, kept)),
    )
