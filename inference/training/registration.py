"""Carry a body context to a real liver: match the boxes of the two livers, then their surfaces.

The transform of a patient is a box match (anisotropic scale and shift) composed with demons on
clipped signed distances. It is kept in both directions as displacement fields on one coarse grid
in the context's frame::

    z  =  context centre + (x - patient centre) * context extent / patient extent
    context point y = z + backward(z)      used to draw the context around the patient
    normalised point z = y + forward(y)    used to draw the patient in the context
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import SimpleITK
from scipy import ndimage

from analysis.volume import Geometry
from inference.training.tissue_map import axis_aligned

REGISTRATION_SPACING_MM = 8.0
CLIP_VOXELS = 8.0
ITERATIONS = 60

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """The bounding box of an organ: centre and extent, (3,) mm each."""

    centre_mm: Array
    extent_mm: Array


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """How one patient's liver and the context's liver lie on one another.

    Parameters
    ----------
    patient, context
        Boxes of the two livers.
    grid
        Grid of the fields, in the context's frame.
    backward, forward
        (i, j, k, 3) displacement in mm, see the module's text.
    overlap
        Dice of the two livers after registration, 0 to 1.
    """

    patient: Box
    context: Box
    grid: Geometry
    backward: npt.NDArray[np.float32]
    forward: npt.NDArray[np.float32]
    overlap: float

    def to_context(self, points_mm: Array) -> Array:
        """Return the context's points, (..., 3) mm, for points of the patient, (..., 3) mm."""
        scale = self.context.extent_mm / self.patient.extent_mm
        normalised = self.context.centre_mm + (points_mm - self.patient.centre_mm) * scale
        return normalised + sample_field(self.backward, self.grid, normalised)

    def to_patient(self, points_mm: Array) -> Array:
        """Return the patient's points, (..., 3) mm, for points of the context, (..., 3) mm."""
        normalised = points_mm + sample_field(self.forward, self.grid, points_mm)
        scale = self.patient.extent_mm / self.context.extent_mm
        return self.patient.centre_mm + (normalised - self.context.centre_mm) * scale


def box_of(mask: npt.NDArray[np.bool_], geometry: Geometry) -> Box:
    """Return the bounding box of a mask on an axis-aligned grid."""
    filled = np.argwhere(mask)
    low, high = filled.min(axis=0) - 0.5, filled.max(axis=0) + 0.5
    spacing, origin = np.asarray(geometry.spacing_mm), geometry.affine[:3, 3]
    return Box(origin + spacing * (low + high) / 2, spacing * (high - low))


def points_of(geometry: Geometry) -> Array:
    """Return the positions of all voxels of an axis-aligned grid, (i, j, k, 3) mm."""
    spacing, origin = np.asarray(geometry.spacing_mm), geometry.affine[:3, 3]
    result: Array = np.moveaxis(np.indices(geometry.shape), 0, -1) * spacing + origin
    return result


def sample(
    array: npt.NDArray[Any], geometry: Geometry, points_mm: Array, order: Literal[0, 1]
) -> npt.NDArray[Any]:
    """Read an array at points in mm; outside the grid the nearest voxel counts."""
    index = (points_mm - geometry.affine[:3, 3]) / np.asarray(geometry.spacing_mm)
    result: npt.NDArray[Any] = ndimage.map_coordinates(
        array, np.moveaxis(index, -1, 0), order=order, mode="nearest"
    )
    return result


def sample_field(field: npt.NDArray[np.float32], grid: Geometry, points_mm: Array) -> Array:
    """Read a displacement field at points in mm, (..., 3)."""
    parts = [sample(field[..., axis], grid, points_mm, order=1) for axis in range(3)]
    return np.stack(parts, axis=-1).astype(np.float64)


def registration_grid(context: Box, margin_mm: float = 64.0) -> Geometry:
    """Return the coarse grid around the context's liver on which fields are kept."""
    sizes = np.ceil((context.extent_mm + 2 * margin_mm) / REGISTRATION_SPACING_MM).astype(int)
    origin = context.centre_mm - (sizes - 1) / 2 * REGISTRATION_SPACING_MM
    shape = (int(sizes[0]), int(sizes[1]), int(sizes[2]))
    return axis_aligned(shape, origin, REGISTRATION_SPACING_MM)


def clipped_distance(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Signed distance to a mask's surface in voxels, positive inside, clipped at 8 voxels."""
    inside = ndimage.distance_transform_edt(mask) - ndimage.distance_transform_edt(~mask)
    return np.clip(inside, -CLIP_VOXELS, CLIP_VOXELS).astype(np.float32)


def _image(distance: npt.NDArray[np.float32]) -> SimpleITK.Image:
    return SimpleITK.GetImageFromArray(np.ascontiguousarray(distance.T))


def _vectors(field: SimpleITK.Image) -> npt.NDArray[np.float32]:
    array = SimpleITK.GetArrayFromImage(field).transpose(2, 1, 0, 3)
    return np.asarray(array * REGISTRATION_SPACING_MM, dtype=np.float32)


def _demons(
    fixed: npt.NDArray[np.float32], moving: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the forward field (fixed to moving) and its inverse, in mm."""
    demons = SimpleITK.FastSymmetricForcesDemonsRegistrationFilter()
    demons.SetNumberOfIterations(ITERATIONS)
    demons.SetSmoothDisplacementField(True)
    demons.SetStandardDeviations(1.5)
    field = demons.Execute(_image(fixed), _image(moving))
    inverse = SimpleITK.InvertDisplacementField(
        field,
        maximumNumberOfIterations=30,
        maxErrorToleranceThreshold=0.05,
        meanErrorToleranceThreshold=0.005,
        enforceBoundaryCondition=False,
    )
    return _vectors(field), _vectors(inverse)


def match_livers(
    patient: npt.NDArray[np.bool_],
    patient_grid: Geometry,
    context: npt.NDArray[np.bool_],
    context_grid: Geometry,
) -> Match:
    """Register the context's liver to a patient's.

    Parameters
    ----------
    patient, context
        Liver masks on their grids.
    patient_grid, context_grid
        Axis-aligned RAS grids.
    """
    boxes = box_of(patient, patient_grid), box_of(context, context_grid)
    grid = registration_grid(boxes[1])
    points = points_of(grid)
    scale = boxes[0].extent_mm / boxes[1].extent_mm
    in_patient = boxes[0].centre_mm + (points - boxes[1].centre_mm) * scale
    fixed = sample_mask(context, context_grid, points)
    moving = sample_mask(patient, patient_grid, in_patient)
    forward, backward = _demons(clipped_distance(fixed), clipped_distance(moving))
    moved = sample(moving.astype(np.float32), grid, points + forward, order=1) > 0.5
    overlap = 2 * np.count_nonzero(moved & fixed) / (fixed.sum() + moved.sum())
    return Match(boxes[0], boxes[1], grid, backward, forward, float(overlap))


def sample_mask(
    mask: npt.NDArray[np.bool_], geometry: Geometry, points_mm: Array
) -> npt.NDArray[np.bool_]:
    """Read a mask at points in mm, averaged over about a registration voxel; outside is False."""
    sigma = 0.35 * REGISTRATION_SPACING_MM / np.asarray(geometry.spacing_mm)
    soft = ndimage.gaussian_filter(np.pad(mask, 4).astype(np.float32), sigma)
    padded = axis_aligned(
        (soft.shape[0], soft.shape[1], soft.shape[2]),
        geometry.affine[:3, 3] - 4 * np.asarray(geometry.spacing_mm),
        geometry.spacing_mm,
    )
    result: npt.NDArray[np.bool_] = np.asarray(sample(soft, padded, points_mm, order=1) > 0.5)
    return result
