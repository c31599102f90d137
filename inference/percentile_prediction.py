"""Follow the recipe of Lobule's own models: patient axes, probabilities resampled back."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from analysis.anatomy import BY_KEY
from analysis.volume import Geometry, Volume
from inference.confidence import tempered
from inference.looks import Look, Network, block_geometry, look, look_closer
from inference.postprocessing import Box
from inference.prediction import Array, Channels, Prediction
from inference.preprocessing import network_grid, resample

MARGIN_VOXELS = 4
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


def _confidence(chosen: Look) -> float:
    """Return the Dice to expect of the liver that was chosen."""
    expected = chosen.calibration.apply(chosen.promise)
    return expected if chosen.agreement is None else tempered(expected, chosen.agreement)


def predict_on_patient_axes(
    views: tuple[Volume, ...], labels: Channels, network: Network, locator: Network | None = None
) -> Prediction:
    """Find the liver on the network's grid and the segments on the image's own.

    Parameters
    ----------
    views
        Images of one grid, any orientation and spacing; what the network says of them is averaged.
    labels
        (output channel, segment key) pairs, of both networks.
    network
        The network that draws the liver.
    locator
        A coarser one that finds it first, if the network was trained to look at the liver only.

    Raises
    ------
    EmptySegmentation
        If no liver of at least 100 ml is found.
    UnsupportedAcquisition, UnusableInput
        If the image cannot hold a liver.
    """
    own = views[0].geometry
    channels = tuple(channel for channel, _ in labels)
    first = locator or network
    chosen = look(views, first, channels, network_grid(own, first.recipe.spacing_mm))
    if locator is not None:
        chosen = look_closer(views, network, chosen)
    box = _box_of(chosen.require_found(), chosen.grid, own)
    block = block_geometry(own, box)
    segments, probability = _labels_in_block(chosen.probabilities, labels, chosen.grid, block)
    return Prediction(
        segments=_whole(segments, box, own.shape),
        liver=_whole(probability, box, own.shape),
        mask=_whole(probability > 0.5, box, own.shape),
        confidence=_confidence(chosen),
        agreement=chosen.agreement,
    )
