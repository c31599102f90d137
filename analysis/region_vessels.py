"""Vessels inside the liver, found in its own maps, so that statistics can be given without them.

Blood holds no fat and no iron, and its T1 makes it brighter or darker than liver. A vessel is
therefore taken to be a thin, connected structure in which R2* lies below that of the liver around
it, or the water signal lies off it to either side. No vessel is traced or named; small bile ducts
and fissures look alike and are left out with the vessels.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.measurement import MapSet
from analysis.quantities import PDFF, R2STAR, WATER
from analysis.regions import LiverBox

BoolMap = npt.NDArray[np.bool_]
FloatMap = npt.NDArray[np.float64]

# The liver around a voxel: wide enough to look past a portal trunk, narrow enough to follow the
# shading of the coils.
AROUND_MM = 15.0
BLUR_VOXELS = 0.6
BACKGROUND_ROUNDS = 3
OUTLIER = 2.5  # robust standard deviations that count as liver while the background is estimated
MAD_TO_SD = 1.4826
# A structure grows over voxels above the lower limit and must hold one above the upper; for pure
# noise (two normal variables) these are passed by 1 % and by 3 in 10,000 of the voxels.
GROWS_ABOVE = 3.0
STARTS_ABOVE = 4.0
# Beside a vessel of high contrast its blur passes the lower limit, too: a voxel must hold half of
# what its strongest neighbour shows.
SHARE_OF_NEIGHBOUR = 0.5
FATTER_LIMIT = 2.0  # structures with more fat than the liver around them are no vessels
LARGEST_RADIUS_MM = 9.0
SHORTEST_MM = 15.0
FEWEST_VOXELS = 6
# Volume over length cubed: 1.1 for a ball, 0.13 for a tube five times as long as wide.
MOST_COMPACT = 0.4
FACES_AND_EDGES = ndimage.generate_binary_structure(3, 2)
FIT_SAMPLE = 20_000


def find_vessels(maps: MapSet, box: LiverBox) -> BoolMap | None:
    """Return the voxels of the liver that look like vessels, or None when it cannot be told.

    Per voxel, with robust z the deviation from the liver within 15 mm divided by its spread over
    the whole liver: s^2 = max(0, -z of R2*)^2 + (z of log water)^2. Structures with s > 3, and more
    than half of their strongest neighbour, that hold a voxel with s > 4 count when they are long
    (15 mm), thin (no ball of 9 mm radius fits) and not fatter than the liver around them. PDFF
    itself does not enter s, so that its mean is not biased by choosing voxels by their noise. The
    outermost voxel of the liver is not searched.

    Parameters
    ----------
    maps
        With water, R2* and PDFF on the grid of the labels; without one of them the result is None.
    box
        The liver.

    Returns
    -------
    (i, j, k) bool in the box.
    """
    found = [maps.get(quantity.key) for quantity in (WATER, R2STAR, PDFF)]
    water, r2star, pdff = (None if m is None else box.crop(m) for m in found)
    if water is None or r2star is None or pdff is None:
        return None
    inside = box.core & water.valid & r2star.valid & (water.volume.array > 0)
    if np.count_nonzero(inside) < 10 * FEWEST_VOXELS:
        return np.zeros(box.core.shape, dtype=bool)
    spacing_mm = water.geometry.spacing_mm
    values = (np.log(np.maximum(water.volume.array, 1e-30)), r2star.volume.array, pdff.volume.array)
    bright, iron, fat = (deviation(v.astype(np.float64), inside, spacing_mm) for v in values)
    strength = np.hypot(np.minimum(iron, 0), bright)
    strongest = ndimage.maximum_filter(np.where(inside, strength, 0.0), 3)
    limit = np.maximum(GROWS_ABOVE, SHARE_OF_NEIGHBOUR * strongest)
    candidates = inside & (strength > limit) & (fat < FATTER_LIMIT)
    seeds = candidates & (strength > STARTS_ABOVE)
    return _thin_structures(candidates, seeds, spacing_mm)


def deviation(
    values: FloatMap, inside: BoolMap, spacing_mm: tuple[float, float, float]
) -> FloatMap:
    """Return by how many robust standard deviations each voxel differs from the liver around it.

    The liver around is a quadratic fit over the whole liver plus a Gaussian mean within 15 mm, both
    over the voxels that do not stand out themselves.

    Parameters
    ----------
    values
        (i, j, k), any unit; only those of ``inside`` count.
    inside
        (i, j, k) bool.
    spacing_mm
        Along i, j, k.

    Returns
    -------
    (i, j, k), 0 outside.
    """
    width = [AROUND_MM / spacing for spacing in spacing_mm]
    smoothed = _mean_of(values, inside, [BLUR_VOXELS] * 3)
    usual = inside
    spread = 1.0
    for _ in range(BACKGROUND_ROUNDS):
        level = np.where(inside, smoothed - _shading(smoothed, usual), 0.0)
        rest = np.where(inside, level - _mean_of(level, usual, width), 0.0)
        middle = float(np.median(rest[usual]))
        spread = MAD_TO_SD * float(np.median(np.abs(rest[usual] - middle))) + 1e-12
        usual = inside & (np.abs(rest) < OUTLIER * spread)
    result: FloatMap = rest / spread
    return result


def _shading(values: FloatMap, usual: BoolMap) -> FloatMap:
    """Quadratic fit over the voxels of ``usual``: what the local mean misses at the border."""
    axes = np.meshgrid(*(np.linspace(-1, 1, n) for n in values.shape), indexing="ij", sparse=True)
    powers = [p for p in np.ndindex(3, 3, 3) if sum(p) <= 2]
    sample = np.nonzero(usual)
    step = max(1, sample[0].size // FIT_SAMPLE)
    sample = tuple(index[::step] for index in sample)
    at = [axis.ravel()[index] for axis, index in zip(axes, sample, strict=True)]
    design = np.stack([at[0] ** a * at[1] ** b * at[2] ** c for a, b, c in powers], axis=1)
    weights = np.linalg.lstsq(design, values[sample], rcond=None)[0]
    terms = (w * axes[0] ** a * axes[1] ** b * axes[2] ** c
             for w, (a, b, c) in zip(weights, powers, strict=True))  # fmt: skip
    result: FloatMap = sum(terms, start=np.zeros(values.shape))
    return result


def _mean_of(values: FloatMap, inside: BoolMap, width: list[float]) -> FloatMap:
    """Gaussian mean over the voxels of ``inside`` only."""
    weight = ndimage.gaussian_filter(inside.astype(np.float64), width, mode="constant")
    total = ndimage.gaussian_filter(np.where(inside, values, 0.0), width, mode="constant")
    result: FloatMap = total / np.maximum(weight, 1e-9)
    return result


def _thin_structures(
    candidates: BoolMap, seeds: BoolMap, spacing_mm: tuple[float, float, float]
) -> BoolMap:
    """Keep connected structures that hold a seed and are long and thin."""
    labels, count = ndimage.label(candidates, structure=FACES_AND_EDGES)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    depth_mm = np.asarray(ndimage.distance_transform_edt(candidates, sampling=spacing_mm))
    seeded = np.zeros(count + 1, dtype=bool)
    seeded[np.unique(labels[seeds])] = True
    seeded[0] = False
    keep = np.zeros(count + 1, dtype=bool)
    places = ndimage.find_objects(labels)
    for label in np.flatnonzero(seeded & (sizes >= FEWEST_VOXELS)):
        part = labels[places[label - 1]] == label
        deepest = float(depth_mm[places[label - 1]][part].max())
        keep[label] = deepest <= LARGEST_RADIUS_MM and _is_long(part, spacing_mm)
    result: BoolMap = keep[labels]
    return result


def _is_long(part: BoolMap, spacing_mm: tuple[float, float, float]) -> bool:
    """Tell whether a structure is long for its volume: l = sqrt(12 largest variance), V / l^3."""
    points = np.argwhere(part) * np.array(spacing_mm)
    largest = float(np.linalg.eigvalsh(np.cov(points.T))[-1])
    length_mm = float(np.sqrt(12 * largest))
    volume_mm3 = points.shape[0] * float(np.prod(spacing_mm))
    return length_mm >= SHORTEST_MM and volume_mm3 <= MOST_COMPACT * length_mm**3
