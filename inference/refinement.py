"""Move a network's coarse outline of the liver to where the images show the liver's border.

The network knows where a liver lies, to within a voxel of its own coarse grid. The images know
where tissues change. Both are added as log odds: the network's word, strong far from its own border
and weak near it, and how much more a voxel looks like this patient's liver than like this patient's
surroundings. Neighbours then agree (a mean-field Ising model), and leaks and specks go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from analysis.volume import Geometry
from inference.postprocessing import Box, box_around, filled, largest_component
from inference.refinement_appearance import beside_liver, log_likelihood_ratio
from inference.refinement_features import Array, Mask, Spacing, signals, spread_choice

MARGIN_MM = 30.0
CORE_DEPTH_MM, CORE_PROBABILITY, LEAST_CORE_ML = 8.0, 0.9, 60.0
SHELL_MM = (5.0, 30.0)
BAND_MM = (-30.0, 20.0)
"""How far outside and inside the network's border the images may move it."""
NETWORK_WEIGHT, MOST_LOGIT = 0.5, 6.0
DEPTH_WEIGHT_PER_MM = 0.045
ALIKE_WEIGHT, MOST_ALIKE = 1.0, 6.0
UNLIKE_WEIGHT, MOST_UNLIKE = 0.25, 8.0
CHANCE_LIKENESS = 1.0
"""Many tissues look a little like liver: that much likeness says nothing yet."""
SMOOTHING_MM = 2.0
COUPLING = 0.4
CERTAIN = 20.0
ROUNDS = 12
NECK_MM = 3.0
UNTOLD, TOLD = 0.7, 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Refinement:
    """An outline after the images were asked.

    Parameters
    ----------
    mask
        (i, j, k) bool.
    probability
        (i, j, k) float32, of liver.
    separation
        How well the images tell confident liver from confident surroundings, 0.5 (not at all) to 1:
        the chance that a voxel of the one looks more like liver than a voxel of the other.
    """

    mask: Mask
    probability: Array
    separation: float


def refine_outline(
    liver: Array, mask: Mask, images: Sequence[Array], geometry: Geometry
) -> Refinement:
    """Return the outline that network and images support together.

    Parameters
    ----------
    liver
        (i, j, k) float32, the network's probability of liver on the grid of the images.
    mask
        (i, j, k) bool, its outline in one piece; not empty.
    images
        (i, j, k) each: the image that was segmented and, where there are, its other echoes.
    geometry
        Their grid.
    """
    box = _with_margin(box_around(mask), geometry)
    spacing = geometry.spacing_mm
    found = _refine_block(
        liver[box.slices],
        mask[box.slices],
        [np.nan_to_num(images[n][box.slices], posinf=0, neginf=0) for n in _chosen(images)],
        spacing,
    )
    if found is None:
        return Refinement(mask, liver, 0.5)
    outline, probability = np.zeros_like(mask), np.zeros_like(liver)
    outline[box.slices], probability[box.slices] = found.mask, found.probability
    return Refinement(outline, probability, found.separation)


def _chosen(images: Sequence[Array]) -> tuple[int, ...]:
    return spread_choice(len(images))


def _with_margin(box: Box, geometry: Geometry) -> Box:
    room = [int(np.ceil(MARGIN_MM / size)) for size in geometry.spacing_mm]
    low = [max(0, a - r) for a, r in zip(box.start, room, strict=True)]
    high = [min(n, b + r) for n, b, r in zip(geometry.shape, box.stop, room, strict=True)]
    return Box((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def depth_mm(mask: Mask, spacing_mm: Spacing) -> Array:
    """Return the distance of each voxel to the border of a mask: above 0 inside, below outside."""
    inside = ndimage.distance_transform_edt(mask, sampling=spacing_mm)
    outside = ndimage.distance_transform_edt(~mask, sampling=spacing_mm)
    result: Array = (inside - outside).astype(np.float32)
    return result


def _core(liver: Array, depth: Array, spacing_mm: Spacing) -> Mask:
    """Return what is surely liver: deep and of high probability, at least 60 ml where possible."""
    enough = LEAST_CORE_ML * 1000 / float(np.prod(spacing_mm))
    core: Mask = (depth > CORE_DEPTH_MM) & (liver > CORE_PROBABILITY)
    if np.count_nonzero(core) >= enough:
        return core
    certain = liver * (depth > 0)
    rank = max(0, certain.size - int(enough))
    least = np.partition(certain.ravel(), rank)[rank]
    return (certain >= max(float(least), 0.5)) & (depth > 0)


def _refine_block(
    liver: Array, mask: Mask, images: list[Array], spacing_mm: Spacing
) -> Refinement | None:
    depth = depth_mm(mask, spacing_mm)
    core = _core(liver, depth, spacing_mm)
    near, far = SHELL_MM
    around = (depth < -near) & (depth > -far) & (liver < 0.3)
    if min(np.count_nonzero(core), np.count_nonzero(around)) < 500:
        return None
    relative = beside_liver(signals(images, core), core, spacing_mm)
    band = (depth > BAND_MM[0]) & (depth < BAND_MM[1])
    ratio = np.zeros(liver.shape, np.float32)
    ratio[band] = log_likelihood_ratio(relative, band, around)
    separation = _separation(ratio[band & core], ratio[band & around])
    told = np.float32(_trust(separation)) * _images_say(ratio, spacing_mm)
    log_odds = _network_says(liver, depth) + told
    certain = np.sign(depth) * np.float32(CERTAIN)
    field = agreed(np.where(band, log_odds, certain), spacing_mm)
    outline = without_leaks(field > 0, core, spacing_mm)
    return Refinement(outline, (1 + field) / np.float32(2), separation)


def _network_says(liver: Array, depth: Array) -> Array:
    nearly = np.float32(1e-3)
    logit = np.log((liver + nearly) / (1 - liver + nearly))
    result: Array = np.float32(NETWORK_WEIGHT) * np.clip(logit, -MOST_LOGIT, MOST_LOGIT)
    result += np.float32(DEPTH_WEIGHT_PER_MM) * depth
    return result


def _images_say(ratio: Array, spacing_mm: Spacing) -> Array:
    """Return log odds from likelihood ratios: smoothed, limited, and less of what speaks against.

    Vessels, lesions and noise speak against liver inside it, so that counts a quarter.
    """
    sigma = [SMOOTHING_MM / size for size in spacing_mm]
    alike = ndimage.gaussian_filter(np.clip(ratio, 0, MOST_ALIKE), sigma, truncate=2.5)
    unlike = ndimage.gaussian_filter(np.clip(ratio, -MOST_UNLIKE, 0), sigma, truncate=2.5)
    result = ALIKE_WEIGHT * alike + UNLIKE_WEIGHT * unlike - CHANCE_LIKENESS
    return np.asarray(result, dtype=np.float32)


def _separation(inside: Array, outside: Array) -> float:
    """Return the chance that a value of one sample exceeds one of the other."""
    if min(inside.size, outside.size) == 0:
        return 0.5
    ordered = np.sort(outside)
    below = np.searchsorted(ordered, inside, side="left") + np.searchsorted(
        ordered, inside, "right"
    )
    return float(below.mean() / 2 / ordered.size)


def _trust(separation: float) -> float:
    """Return the weight of the images, 0 to 1, by how well they tell what is surely known."""
    return float(np.clip((separation - UNTOLD) / (TOLD - UNTOLD), 0, 1))


def agreed(log_odds: Array, spacing_mm: Spacing) -> Array:
    """Return the expected spin, -1 outside to 1 inside, of voxels that want to agree.

    Mean field of an Ising model: q = tanh((u + J sum over neighbours of w q) / 2), with u the log
    odds of each voxel alone and w inversely proportional to the neighbours' distance.

    Parameters
    ----------
    log_odds
        (i, j, k) of liver.
    spacing_mm
        Of the grid.

    References
    ----------
    Zhang 1992, the mean field theory in EM procedures for Markov random fields,
    doi:10.1109/78.157297.
    """
    weights = [COUPLING * min(spacing_mm) / size for size in spacing_mm]
    field: Array = np.tanh(log_odds / 2).astype(np.float32)
    for _ in range(ROUNDS):
        pull = log_odds.astype(np.float32)
        for axis, weight in enumerate(weights):
            pull += ndimage.correlate1d(field, [weight, 0.0, weight], axis=axis, mode="nearest")
        field += np.tanh(pull / 2)
        field /= 2
    return field


def without_leaks(mask: Mask, core: Mask, spacing_mm: Spacing) -> Mask:
    """Return a mask without what hangs on it by a neck thinner than 6 mm, in one filled piece.

    Parameters
    ----------
    mask, core
        (i, j, k) bool; what holds most of the core is kept.
    spacing_mm
        Of the grid.
    """
    depth = ndimage.distance_transform_edt(np.pad(mask, 1, mode="edge"), sampling=spacing_mm)
    thick = depth[1:-1, 1:-1, 1:-1] > NECK_MM
    body = largest_component(thick | (core & mask))
    reach = ndimage.distance_transform_edt(~body, sampling=spacing_mm) <= NECK_MM + max(spacing_mm)
    return filled(largest_component(mask & reach)) if body.any() else filled(mask)
