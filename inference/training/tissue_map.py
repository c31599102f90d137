"""Label arrays of the body on a grid, and how they are cropped and resampled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.volume import Geometry, read_only


@dataclass(frozen=True, slots=True, eq=False)
class TissueMap:
    """One value of the tissue table for every voxel of a body.

    Parameters
    ----------
    labels
        (i, j, k) uint8; read-only.
    geometry
        The grid; axes in RAS order.
    """

    labels: npt.NDArray[np.uint8]
    geometry: Geometry

    def __post_init__(self) -> None:
        labels = read_only(self.labels, np.uint8)
        if labels.shape != self.geometry.shape:
            raise ValueError(f"{labels.shape} labels do not fit a grid of {self.geometry.shape}")
        object.__setattr__(self, "labels", labels)

    @property
    def origin_mm(self) -> npt.NDArray[np.float64]:
        """(3,) RAS position of the first voxel's centre in mm."""
        return self.geometry.affine[:3, 3]


def axis_aligned(
    shape: tuple[int, int, int], origin_mm: npt.ArrayLike, spacing_mm: npt.ArrayLike
) -> Geometry:
    """Return a grid whose axes are the patient's right, anterior and superior.

    Parameters
    ----------
    shape
        Number of voxels along right, anterior, superior.
    origin_mm
        (3,) RAS position of voxel (0, 0, 0) in mm.
    spacing_mm
        One distance between voxels in mm, or (3,).
    """
    affine = np.eye(4)
    affine[:3, :3] = np.diag(np.broadcast_to(np.asarray(spacing_mm, dtype=np.float64), 3))
    affine[:3, 3] = origin_mm
    return Geometry(shape, affine)


def crop_to_content(source: TissueMap, margin_mm: float) -> TissueMap:
    """Cut away what lies farther than ``margin_mm`` from any labelled voxel."""
    spacing = np.asarray(source.geometry.spacing_mm)
    slices = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        filled = np.flatnonzero(source.labels.any(axis=others))
        margin = int(np.ceil(margin_mm / spacing[axis]))
        start = max(int(filled[0]) - margin, 0)
        slices.append(slice(start, int(filled[-1]) + margin + 1))
    labels = source.labels[tuple(slices)]
    origin = source.origin_mm + spacing * [part.start for part in slices]
    return TissueMap(labels, axis_aligned(labels.shape, origin, spacing))


def _axis_weights(
    positions_mm: npt.NDArray[np.float64], origin_mm: float, spacing_mm: float, size: int
) -> npt.NDArray[np.float32]:
    """Return (output, input) triangle weights, as wide as the coarser of the two grids."""
    step = float(positions_mm[1] - positions_mm[0]) if positions_mm.size > 1 else spacing_mm
    width = max(step, spacing_mm)
    centres = origin_mm + spacing_mm * np.arange(size)
    weights = np.clip(1 - np.abs(positions_mm[:, None] - centres[None]) / width, 0, None)
    return (weights * spacing_mm / width).astype(np.float32)


def resample_labels(source: TissueMap, target: Geometry) -> TissueMap:
    """Put a label map on another axis-aligned grid: the label that fills most of a voxel wins.

    Each label is averaged over the target voxel (triangle weights, so thin structures are neither
    lost by chance nor thickened) and the largest share is taken; outside the source is background.

    Parameters
    ----------
    source
        Label map with axes in RAS order.
    target
        Axis-aligned RAS grid.
    """
    weights = [
        _axis_weights(
            target.affine[axis, 3] + target.spacing_mm[axis] * np.arange(target.shape[axis]),
            float(source.origin_mm[axis]),
            source.geometry.spacing_mm[axis],
            source.labels.shape[axis],
        )
        for axis in range(3)
    ]
    values = np.array([value for value in np.unique(source.labels) if value > 0], dtype=np.uint8)
    best = np.full(target.shape, 0.0, dtype=np.float32)
    labels = np.zeros(target.shape, dtype=np.uint8)
    total = np.zeros(target.shape, dtype=np.float32)
    for value in values:
        share = np.tensordot(weights[2], (source.labels == value).astype(np.float32), (1, 2))
        share = np.tensordot(weights[1], share, (1, 2))
        share = np.tensordot(weights[0], share, (1, 2))
        labels[share > best] = value
        best = np.maximum(best, share)
        total += share
    labels[total < 0.5] = 0
    return TissueMap(labels, target)


def largest_component(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the largest connected part of a mask (empty stays empty)."""
    components, count = ndimage.label(mask)
    if count <= 1:
        return mask
    sizes = np.bincount(components.ravel())
    sizes[0] = 0
    result: npt.NDArray[np.bool_] = components == int(sizes.argmax())
    return result
