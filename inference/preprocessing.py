"""From a volume on any grid to the network's grid, and from its probabilities back."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.errors import UnsupportedAcquisition, UnusableInput
from analysis.volume import Geometry, Volume
from analysis.wording import words
from inference.recipes import Normalisation, SplineOrder

Array = npt.NDArray[np.float32]
LEAST_EXTENT_MM = 20.0
LEAST_SLICES = 3
MOST_SPACING_MM = 15.0
MOST_BAD_SHARE = 0.01


def require_segmentable(volume: Volume) -> Array:
    """Return the finite values of an image that can hold a liver.

    Raises
    ------
    UnsupportedAcquisition
        If the image is a single slice, thinner than 20 mm, or its voxels are longer than 15 mm.
    UnusableInput
        If it is constant or holds more than 1 % of values that are not numbers.
    """
    shape, spacing = volume.geometry.shape, volume.geometry.spacing_mm
    extents = [n * s for n, s in zip(shape, spacing, strict=True)]
    if min(shape) < LEAST_SLICES or min(extents) < LEAST_EXTENT_MM:
        raise UnsupportedAcquisition(
            words(
                "The image covers only %(extent)s mm in %(slices)s slice(s); segmentation "
                "needs a volume of at least 20 mm. Send the whole series.",
                extent=f"{min(extents):.0f}",
                slices=min(shape),
            ),
            code="image-too-thin",
        )
    if max(spacing) > MOST_SPACING_MM:
        raise UnsupportedAcquisition(
            words(
                "The slices lie %(spacing)s mm apart, too far to follow the liver from one to "
                "the next; send a series with at most %(most)s mm between slices.",
                spacing=f"{max(spacing):.0f}",
                most=f"{MOST_SPACING_MM:.0f}",
            ),
            code="image-too-coarse",
        )
    bad = ~np.isfinite(volume.array)
    if bad.mean() > MOST_BAD_SHARE:
        raise UnusableInput(
            words("Many values of the image are not numbers; export the series again."),
            code="image-not-finite",
        )
    values = np.where(bad, np.float32(0), volume.array)
    if float(values.max()) == float(values.min()):
        raise UnusableInput(
            words("The image is empty: all its values are the same. Export the series again."),
            code="image-constant",
        )
    return values


def network_grid(geometry: Geometry, spacing_mm: float) -> Geometry:
    """Return the isotropic grid along the patient's axes that covers ``geometry``.

    Parameters
    ----------
    geometry
        Grid of the image, any orientation.
    spacing_mm
        Voxel size of the result.
    """
    ends = [(-0.5, size - 0.5) for size in geometry.shape]
    corners = np.stack(np.meshgrid(*ends, indexing="ij"), -1).reshape(-1, 3)
    world = corners @ geometry.affine[:3, :3].T + geometry.affine[:3, 3]
    low, high = world.min(axis=0), world.max(axis=0)
    size = np.maximum(1, np.ceil((high - low) / spacing_mm - 1e-6)).astype(int)
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = low + (high - low - (size - 1) * spacing_mm) / 2
    return Geometry((int(size[0]), int(size[1]), int(size[2])), affine)


def resample(
    values: Array,
    source: Geometry,
    target: Geometry,
    order: SplineOrder = 1,
    beyond: Literal["constant", "nearest"] = "constant",
) -> Array:
    """Return ``values`` on another grid: linear (1) or nearest (0).

    Beyond the outermost voxels' centres: zero ("constant") or the last value ("nearest").

    Where the target is coarser the image is smoothed first, so that fine detail is averaged and
    not aliased.
    """
    to_source = np.linalg.inv(source.affine) @ target.affine
    if order > 0:
        steps = np.linalg.norm(np.abs(to_source[:3, :3]), axis=1)
        sigmas = np.maximum(0.0, (steps - 1.0) / 2.0)
        if sigmas.max() > 0:
            values = ndimage.gaussian_filter(values, sigmas, mode="nearest", truncate=3.0)
    return np.asarray(
        ndimage.affine_transform(
            values, to_source[:3, :3], to_source[:3, 3], target.shape, order=order, mode=beyond
        ),
        dtype=np.float32,
    )


def normalise(values: Array, rule: Normalisation) -> Array:
    """Return intensities scaled to 0..1 between the rule's percentiles."""
    considered = values[values > 0] if rule.positive_only else values.ravel()
    if considered.size == 0:
        considered = values.ravel()
    low, high = np.percentile(considered, [rule.lower, rule.upper])
    scale = max(float(high - low), 1e-12)
    scaled: Array = (values - np.float32(low)) / np.float32(scale)
    return np.clip(scaled, np.float32(0), np.float32(1))


def prepare_on(target: Geometry, volume: Volume, rule: Normalisation) -> Array:
    """Return the part of an image that a grid covers, as the network takes it: 0..1.

    Parameters
    ----------
    target
        Isotropic, parallel to the patient's axes; percentiles are taken over it.
    volume
        Any orientation and spacing.
    rule
        Of the intensities.

    Raises
    ------
    UnsupportedAcquisition, UnusableInput
        If the image cannot hold a liver; see ``require_segmentable``.
    """
    values = require_segmentable(volume)
    return normalise(resample(values, volume.geometry, target), rule)
