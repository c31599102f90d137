"""Follow the recipe of Lobule's own models: patient axes, probabilities resampled back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from analysis.anatomy import BY_KEY
from analysis.volume import Geometry, Volume
from inference.confidence import Calibration, promise, tempered
from inference.postprocessing import LEAST_AGREEMENT, Box, box_around, largest_component
from inference.prediction import Array, Channels, Prediction, Run, require_liver
from inference.preprocessing import network_grid, prepare_on, resample
from inference.recipes import PercentileRecipe
from inference.sliding_window import predict, tile_size

MARGIN_VOXELS = 4
ROOM_MM = 36.0
"""How far around the located liver the closer look sees."""
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """One network ready to run: its recipe and its session.

    Parameters
    ----------
    recipe
        How images are prepared.
    run
        float32 (1, 1, x, y, z) to logits (1, class, x, y, z).
    """

    recipe: PercentileRecipe
    run: Run


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a network says about a body, the mean over the views of it.

    Parameters
    ----------
    probabilities
        (class, x, y, z) float32.
    grid
        Theirs.
    agreement
        Least Dice between the livers of any two views, or of two looks that disagree; None of one
        view.
    calibration
        Of the network that says it.
    """

    probabilities: Array
    grid: Geometry
    agreement: float | None
    calibration: Calibration


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


def _answer(
    views: tuple[Volume, ...], network: Network, channels: list[int], grid: Geometry
) -> Answer:
    """Return the mean of what a network says of the views on a grid.

    Views that agree too little are not averaged: the one that promises most stands alone.
    """
    recipe = network.recipe
    tile = tile_size(grid.shape, recipe.tile, recipe.divisor)
    images = (prepare_on(grid, view, recipe.normalisation) for view in views)
    seen = [predict(image, network.run, tile) for image in images]
    agreement = _agreement([answer[channels].sum(axis=0) for answer in seen])
    if agreement is not None and agreement < LEAST_AGREEMENT:
        seen = [max(seen, key=lambda answer: _own_promise(answer[channels].sum(axis=0)))]
    mean: Array = np.mean(seen, axis=0, dtype=np.float32)
    return Answer(mean, grid, agreement, recipe.calibration)


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
    return float(2 * np.count_nonzero(one & other) / total) if total else 1.0


def _found(answer: Answer, channels: list[int]) -> npt.NDArray[np.bool_]:
    """Return the one piece that is the liver; raise EmptySegmentation below 100 ml."""
    kept = largest_component(answer.probabilities[channels].sum(axis=0) > 0.5)
    require_liver(kept, answer.grid.voxel_volume_ml)
    return kept


def _room_around(liver: npt.NDArray[np.bool_], located: Geometry, grid: Geometry) -> Geometry:
    """Return the part of a grid that holds a located liver and what lies around it."""
    box = box_around(liver)
    spacing, origin = np.array(located.spacing_mm), located.affine[:3, 3]
    low = origin + (np.array(box.start) - 0.5) * spacing - ROOM_MM
    high = origin + (np.array(box.stop) - 0.5) * spacing + ROOM_MM
    step, start = np.array(grid.spacing_mm), grid.affine[:3, 3]
    first = np.clip(np.floor((low - start) / step), 0, None).astype(int)
    last = np.minimum(np.ceil((high - start) / step).astype(int) + 1, grid.shape)
    part = Box(
        (int(first[0]), int(first[1]), int(first[2])), (int(last[0]), int(last[1]), int(last[2]))
    )
    return _block_geometry(grid, part)


def _closer(
    views: tuple[Volume, ...], network: Network, located: Answer, channels: list[int]
) -> Answer:
    """Look again, with the finer network, at what lies around the located liver.

    Where the two do not agree, what the locator said stands: it was trained on wider views.
    """
    liver = _found(located, channels)
    whole = network_grid(views[0].geometry, network.recipe.spacing_mm)
    near = _answer(views, network, channels, _room_around(liver, located.grid, whole))
    far = sum(resample(located.probabilities[n], located.grid, near.grid) for n in channels)
    same = _dice(near.probabilities[channels].sum(axis=0) > 0.5, np.asarray(far) > 0.5)
    if same < LEAST_AGREEMENT:
        views_agree = 1.0 if located.agreement is None else located.agreement
        return replace(located, agreement=min(same, views_agree))
    stated = [a for a in (located.agreement, near.agreement) if a is not None]
    return replace(near, agreement=min(stated) if stated else None)


def _confidence(answer: Answer, liver: Array, kept: npt.NDArray[np.bool_]) -> float:
    """Return the Dice to expect of the answer's liver."""
    expected = answer.calibration.apply(promise(liver, liver > 0.5, kept))
    return expected if answer.agreement is None else tempered(expected, answer.agreement)


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
    channels = [channel for channel, _ in labels]
    first = locator or network
    answer = _answer(views, first, channels, network_grid(own, first.recipe.spacing_mm))
    if locator is not None:
        answer = _closer(views, network, answer, channels)
    liver = answer.probabilities[channels].sum(axis=0)
    kept = _found(answer, channels)
    box = _box_of(kept, answer.grid, own)
    block = _block_geometry(own, box)
    segments, probability = _labels_in_block(answer.probabilities, labels, answer.grid, block)
    return Prediction(
        segments=_whole(segments, box, own.shape),
        liver=_whole(probability, box, own.shape),
        mask=_whole(probability > 0.5, box, own.shape),
        confidence=_confidence(answer, liver, kept),
        agreement=answer.agreement,
    )
