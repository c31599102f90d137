"""Look at a body with one network, or with two: a coarse one finds the liver, a finer one draws it.

Where the two agree the closer look is taken. Where they do not, the finer network looks again:
around what it drew, at the whole image, and around what it found there. Thin slabs need that, as a
coarse network sees little in a few slices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from analysis.volume import Geometry, Volume
from inference.confidence import Calibration, promise
from inference.postprocessing import LEAST_AGREEMENT, Box, box_around, largest_component
from inference.prediction import Array, Run, require_liver
from inference.preprocessing import network_grid, prepare_on, resample
from inference.recipes import PercentileRecipe
from inference.sliding_window import predict, tile_size

ROOM_MM = 36.0
"""How far around the located liver the closer look sees."""
SETTLED = 0.85
"""Dice between two looks below which the finer network looks again."""

Mask = npt.NDArray[np.bool_]


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
class Look:
    """What a network says about a body, the mean over the views of it.

    Parameters
    ----------
    probabilities
        (class, x, y, z) float32.
    channels
        Those of them that are segments of the liver.
    grid
        Theirs.
    agreement
        Least Dice between the livers of any two views; where looks disagreed, also the median Dice
        between this one and the others; None of one view and looks that agree.
    calibration
        Of the network that says it.
    """

    probabilities: Array
    channels: tuple[int, ...]
    grid: Geometry
    agreement: float | None
    calibration: Calibration

    @property
    def liver(self) -> Array:
        """(x, y, z) float32, the probability of any segment."""
        result: Array = self.probabilities[list(self.channels)].sum(axis=0)
        return result

    @property
    def kept(self) -> Mask:
        """The largest piece of what is rather liver than not."""
        return largest_component(self.liver > 0.5)

    @property
    def promise(self) -> float:
        """What the probabilities promise for that piece, 0 to 1."""
        liver = self.liver
        return promise(liver, liver > 0.5, self.kept)

    def require_found(self) -> Mask:
        """Return the piece that is the liver; raise EmptySegmentation below 100 ml."""
        kept = self.kept
        require_liver(kept, self.grid.voxel_volume_ml)
        return kept

    def on(self, grid: Geometry) -> Array:
        """Return the probability of liver on another grid."""
        return resample(self.liver, self.grid, grid)


def look(
    views: tuple[Volume, ...], network: Network, channels: tuple[int, ...], grid: Geometry
) -> Look:
    """Return the mean of what a network says of the views on a grid.

    Views that agree too little are not averaged: the one that promises most stands alone.

    Parameters
    ----------
    views
        Images of one grid.
    network
        The network.
    channels
        Output channels that are segments of the liver.
    grid
        Isotropic, along the patient's axes.
    """
    recipe = network.recipe
    tile = tile_size(grid.shape, recipe.tile, recipe.divisor)
    images = (prepare_on(grid, view, recipe.normalisation) for view in views)
    seen = [
        Look(predict(image, network.run, tile), channels, grid, None, recipe.calibration)
        for image in images
    ]
    agreement = _agreement([each.liver > 0.5 for each in seen])
    if agreement is not None and agreement < LEAST_AGREEMENT:
        seen = [max(seen, key=lambda each: each.promise)]
    mean: Array = np.mean([each.probabilities for each in seen], axis=0, dtype=np.float32)
    return replace(seen[0], probabilities=mean, agreement=agreement)


def _agreement(masks: list[Mask]) -> float | None:
    """Return the least Dice of two views' livers, or None of a single view."""
    pairs = [_dice(one, other) for one, other in combinations(masks, 2)]
    return min(pairs) if pairs else None


def _dice(one: Mask, other: Mask) -> float:
    total = np.count_nonzero(one) + np.count_nonzero(other)
    return float(2 * np.count_nonzero(one & other) / total) if total else 1.0


def _overlap(one: Look, other: Look, grid: Geometry) -> float:
    return _dice(one.on(grid) > 0.5, other.on(grid) > 0.5)


def block_geometry(geometry: Geometry, box: Box) -> Geometry:
    """Return the grid of a block of voxels."""
    affine = geometry.affine.copy()
    affine[:3, 3] = geometry.affine[:3, :3] @ np.array(box.start) + geometry.affine[:3, 3]
    return Geometry(box.shape, affine)


def _room_around(liver: Mask, located: Geometry, grid: Geometry) -> Geometry:
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
    return block_geometry(grid, part)


def look_closer(views: tuple[Volume, ...], network: Network, located: Look) -> Look:
    """Look, with the finer network, at what lies around the located liver.

    Where the two agree, what the finer one drew stands. Otherwise it looks again, and of all looks
    the one that promises most stands. What it shares with the others (median Dice) is kept with it.

    Parameters
    ----------
    views
        Images of one grid.
    network
        The finer network.
    located
        What the coarser one says.

    Raises
    ------
    EmptySegmentation
        If the coarser one found less than 100 ml.
    """
    whole = network_grid(views[0].geometry, network.recipe.spacing_mm)
    room = _room_around(located.require_found(), located.grid, whole)
    near = look(views, network, located.channels, room)
    same = _overlap(near, located, near.grid)
    if same >= SETTLED:
        return replace(near, agreement=_least(located.agreement, near.agreement))
    looks = [located, near, *_more_looks(views, network, near, whole)]
    best = max(looks, key=lambda each: each.promise)
    shared = [_overlap(best, other, whole) for other in looks if other is not best]
    return replace(best, agreement=_least(float(np.median(shared)), best.agreement))


def _more_looks(
    views: tuple[Volume, ...], network: Network, near: Look, whole: Geometry
) -> Iterator[Look]:
    """Yield looks around what was drawn, at the whole image, and around what is found there."""
    everything = look(views, network, near.channels, whole)
    yield everything
    for drawn in (near, everything):
        if drawn.kept.any():
            room = _room_around(drawn.kept, drawn.grid, whole)
            yield look(views, network, near.channels, room)


def _least(*agreements: float | None) -> float | None:
    stated = [agreement for agreement in agreements if agreement is not None]
    return min(stated) if stated else None
