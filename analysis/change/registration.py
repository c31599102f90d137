"""Lay the liver of an earlier visit on that of a later one.

A rigid motion matches the smoothed masks and then the images inside them; diffeomorphic-style
demons then bend what breathing bent. The force field sees one fused picture: the signed distance to
the liver's surface, which aligns the outline, plus the local contrast of the image inside, which
aligns vessels. Both are made so that brightness and coil shading do not matter. Where the images of
a visit end, nothing pulls: a liver cut by the end of the images is not stretched to a whole one.

References
----------
Demons with symmetric forces: Vercauteren 2009, doi:10.1016/j.neuroimage.2008.10.040. Library:
SimpleITK (Apache-2.0), Lowekamp 2013, doi:10.3389/fninf.2013.00045.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK
from scipy import ndimage

from analysis.change.displacement import Displacement, is_imaged, points_of, sample, to_index
from analysis.volume import Geometry, LabelMap, Volume

Progress = Callable[[float, str], None]
Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float32]

SPACING_MM = 4.0
MARGIN_MM = 36.0
CLIP_MM = 24.0
LOCAL_MM = 10.0
CONTRAST_WEIGHT = 0.5
LEVELS = ((4, 60), (2, 40), (1, 15))  # (shrink factor, iterations)
FIELD_SIGMA_VOXELS = 1.5
_RIGID_STEPS = 60
_VECTOR = SimpleITK.sitkVectorFloat64


@dataclass(frozen=True, slots=True, eq=False)
class LiverImage:
    """What registration needs of a visit.

    Parameters
    ----------
    labels
        Segments; the liver is all of them.
    image
        Water image, or another with contrast inside the liver, on the same grid.
    """

    labels: LabelMap
    image: Volume

    def __post_init__(self) -> None:
        self.labels.geometry.require_match(self.image.geometry)


def ignore(fraction: float, text: str) -> None:
    """Ignore progress."""


def register_livers(
    baseline: LiverImage, follow_up: LiverImage, progress: Progress = ignore
) -> Displacement:
    """Return where the tissue of the follow-up's liver lay at baseline.

    Parameters
    ----------
    baseline, follow_up
        Both with a liver; any grids.
    progress
        Told how far it is.

    Returns
    -------
    The motion, on a grid of 4 mm around the follow-up's liver. Judge it with
    ``analysis.change.overlap`` before using it.
    """
    grid = _common_grid(follow_up.labels)
    fixed = _picture(follow_up, grid, np.eye(4))
    start = _centroid_shift(baseline.labels, follow_up.labels)
    rigid = _refine_rigid(fixed, baseline, start)
    progress(0.3, "rigid motion found")
    moving = _picture(baseline, grid, rigid)
    both = fixed.imaged & moving.imaged
    field = _bend(fixed, np.where(both, moving.fused, fixed.fused), progress)
    return Displacement(rigid, field, grid)


@dataclass(frozen=True, slots=True, eq=False)
class _Picture:
    """What the forces see of a visit, and where its images reach."""

    fused: Array
    imaged: Mask
    grid: Geometry


def _common_grid(labels: LabelMap) -> Geometry:
    """Return the axis-aligned 4 mm grid around a liver, with room for what lies beside it."""
    points = points_of(labels.geometry, labels.liver)
    low, high = points.min(axis=0) - MARGIN_MM, points.max(axis=0) + MARGIN_MM
    sizes = np.ceil((high - low) / SPACING_MM).astype(int) + 1
    affine = np.diag([SPACING_MM] * 3 + [1.0])
    affine[:3, 3] = low
    return Geometry((int(sizes[0]), int(sizes[1]), int(sizes[2])), affine)


def _centroid_shift(baseline: LabelMap, follow_up: LabelMap) -> npt.NDArray[np.float64]:
    start = np.eye(4)
    ends = (points_of(each.geometry, each.liver).mean(axis=0) for each in (baseline, follow_up))
    start[:3, 3] = next(ends) - next(ends)
    return start


def _picture(visit: LiverImage, grid: Geometry, motion: npt.NDArray[np.float64]) -> _Picture:
    """Return distance to the surface and local contrast in one picture, read through a motion.

    Beyond the ends of the images their last slice goes on: a cut liver has no surface there.
    """
    points = points_of(grid) @ motion[:3, :3].T + motion[:3, 3]
    index = to_index(visit.labels.geometry, points)
    inside = sample(_soft(visit.labels), index) > 0.5
    image = sample(visit.image.array, index)
    distance = np.clip(_signed_distance_mm(inside), -CLIP_MM, CLIP_MM) / CLIP_MM
    fused = (distance + CONTRAST_WEIGHT * _local_contrast(image, inside)).astype(np.float32)
    return _Picture(fused, is_imaged(visit.labels.geometry, index), grid)


def _soft(labels: LabelMap) -> Array:
    """Return the liver averaged over about a registration voxel, so that its surface is smooth."""
    sigma = 0.4 * SPACING_MM / np.asarray(labels.geometry.spacing_mm)
    return ndimage.gaussian_filter(labels.liver.astype(np.float32), sigma, mode="nearest")


def _signed_distance_mm(inside: Mask) -> Array:
    """Return the distance to the surface in mm, positive inside."""
    depth = ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside)
    return (depth * SPACING_MM).astype(np.float32)


def _local_contrast(image: npt.NDArray[np.float32], inside: Mask) -> Array:
    """Return (image - local mean) / local SD inside the liver, bounded, 0 outside.

    Means are over liver only (normalised convolution), so that the border makes no contrast.
    """
    sigma = LOCAL_MM / SPACING_MM
    weight = ndimage.gaussian_filter(inside.astype(np.float32), sigma) + 1e-6
    level = ndimage.gaussian_filter(np.where(inside, image, 0.0), sigma) / weight
    offset = np.where(inside, image - level, 0.0)
    spread = np.sqrt(ndimage.gaussian_filter(offset**2, sigma) / weight)
    typical = float(np.median(spread[inside])) if inside.any() else 0.0
    scaled = offset / np.maximum(spread, max(typical, 1e-6) / 2)
    smooth = ndimage.gaussian_filter(np.clip(scaled, -2.5, 2.5), 0.7)
    return np.where(inside, smooth, 0.0).astype(np.float32)


def _image(array: npt.NDArray[Any], grid: Geometry) -> SimpleITK.Image:
    """Return the array as SimpleITK's image; its physical space is ours, RAS mm."""
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(array.T))
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(tuple(float(x) for x in grid.affine[:3, 3]))
    return image


def _refine_rigid(
    fixed: _Picture, baseline: LiverImage, start: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the rigid motion that minimises the squared difference of the fused pictures."""
    moving = _picture(baseline, _common_grid(baseline.labels), np.eye(4))
    grid = fixed.grid
    transform = SimpleITK.Euler3DTransform()
    middle = grid.affine[:3, :3] @ ((np.asarray(grid.shape) - 1) / 2) + grid.affine[:3, 3]
    transform.SetCenter(tuple(float(x) for x in middle))
    transform.SetTranslation(tuple(float(x) for x in start[:3, 3]))
    method = SimpleITK.ImageRegistrationMethod()
    method.SetMetricAsMeanSquares()
    method.SetMetricFixedMask(_image(fixed.imaged.astype(np.uint8), grid))
    method.SetMetricMovingMask(_image(moving.imaged.astype(np.uint8), moving.grid))
    method.SetInterpolator(SimpleITK.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(2.0, 0.02, _RIGID_STEPS, 0.6, 1e-6)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2])
    method.SetSmoothingSigmasPerLevel([3.0, 1.5])
    method.SetSmoothingSigmasAreSpecifiedInPhysicalUnits(True)
    method.SetInitialTransform(transform, inPlace=True)
    method.Execute(_image(fixed.fused, grid), _image(moving.fused, moving.grid))
    return _as_matrix(transform)


def _as_matrix(transform: SimpleITK.Euler3DTransform) -> npt.NDArray[np.float64]:
    result = np.eye(4)
    result[:3, :3] = np.array(transform.GetMatrix()).reshape(3, 3)
    centre = np.array(transform.GetCenter())
    result[:3, 3] = np.array(transform.GetTranslation()) + centre - result[:3, :3] @ centre
    return result


def _bend(fixed: _Picture, moving: Array, progress: Progress) -> Array:
    """Return the deformation in mm, coarse first, each level starting from the one before."""
    images = _image(fixed.fused, fixed.grid), _image(moving, fixed.grid)
    field = SimpleITK.Image(images[0].GetSize(), _VECTOR, 3)
    field.CopyInformation(images[0])
    for number, (shrink, iterations) in enumerate(LEVELS):
        coarse = [_shrunk(image, shrink) for image in images]
        demons = SimpleITK.FastSymmetricForcesDemonsRegistrationFilter()
        demons.SetNumberOfIterations(iterations)
        demons.SetSmoothDisplacementField(True)
        demons.SetStandardDeviations(FIELD_SIGMA_VOXELS)
        demons.SetSmoothUpdateField(False)
        found = demons.Execute(*coarse, SimpleITK.Resample(field, coarse[0]))
        field = SimpleITK.Resample(found, images[0])
        progress(0.3 + 0.2 * (number + 1), f"deformation, level {number + 1} of {len(LEVELS)}")
    array = SimpleITK.GetArrayFromImage(field).transpose(2, 1, 0, 3)
    return np.ascontiguousarray(array, dtype=np.float32)


def _shrunk(image: SimpleITK.Image, factor: int) -> SimpleITK.Image:
    if factor == 1:
        return image
    smooth = SimpleITK.SmoothingRecursiveGaussian(image, factor * SPACING_MM / 2)
    return SimpleITK.Shrink(smooth, [factor] * 3)
