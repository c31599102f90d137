"""How the liver of one visit lies on that of another: a rigid motion and a smooth deformation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.volume import Geometry, read_only

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Displacement:
    """Where the tissue at a point of the follow-up lay in the baseline: y = R (x + u(x)).

    Parameters
    ----------
    rigid
        (4, 4) float64 rotation and shift, RAS+ mm to RAS+ mm.
    field_mm
        (i, j, k, 3) float32: u along right, anterior, superior on ``grid``.
    grid
        Axis-aligned grid around the liver of the follow-up.
    """

    rigid: npt.NDArray[np.float64]
    field_mm: npt.NDArray[np.float32]
    grid: Geometry

    def __post_init__(self) -> None:
        object.__setattr__(self, "rigid", read_only(self.rigid, np.float64))
        object.__setattr__(self, "field_mm", read_only(self.field_mm, np.float32))
        if self.field_mm.shape != (*self.grid.shape, 3) or self.rigid.shape != (4, 4):
            raise ValueError("a displacement needs three components a voxel and a 4 x 4 motion")

    def to_baseline(self, points_mm: Points) -> Points:
        """Return the baseline's points for points of the follow-up, both (..., 3) RAS mm."""
        index = to_index(self.grid, points_mm)
        shift = np.stack(
            [sample(self.field_mm[..., axis], index, order=1) for axis in range(3)], axis=-1
        )
        moved: Points = (points_mm + shift) @ self.rigid[:3, :3].T + self.rigid[:3, 3]
        return moved

    def jacobian(self) -> npt.NDArray[np.float32]:
        """Return det(d y / d x) at the voxels of the grid, (i, j, k); below 0 tissue is folded."""
        gradient = np.empty((*self.grid.shape, 3, 3), dtype=np.float32)
        for axis in range(3):
            slopes = np.gradient(self.field_mm[..., axis], *self.grid.spacing_mm)
            for other in range(3):
                gradient[..., axis, other] = slopes[other]
            gradient[..., axis, axis] += 1.0
        result: npt.NDArray[np.float32] = np.linalg.det(gradient)
        return result


def to_index(geometry: Geometry, points_mm: Points) -> Points:
    """Return voxel index coordinates, (3, ...), of RAS points in mm, (..., 3)."""
    inverse = np.linalg.inv(geometry.affine)
    index = points_mm @ inverse[:3, :3].T + inverse[:3, 3]
    return np.moveaxis(index, -1, 0)


def is_imaged(geometry: Geometry, index: Points) -> npt.NDArray[np.bool_]:
    """Tell which index coordinates, (3, ...), lie inside a grid, up to the faces of its voxels."""
    limit = np.asarray(geometry.shape).reshape(3, *[1] * (index.ndim - 1)) - 0.5
    inside = (index > -0.5) & (index < limit)
    return np.asarray(inside.all(axis=0))


def points_of(geometry: Geometry, mask: npt.NDArray[np.bool_] | None = None) -> Points:
    """Return the RAS positions in mm of all voxels, (i, j, k, 3), or of a mask's, (n, 3)."""
    index = (
        np.moveaxis(np.indices(geometry.shape), 0, -1) if mask is None else np.argwhere(mask)
    ).astype(np.float64)
    result: Points = index @ geometry.affine[:3, :3].T + geometry.affine[:3, 3]
    return result


def sample(
    array: npt.NDArray[Any],
    index: Points,
    order: Literal[0, 1] = 1,
    *,
    outside: float | None = None,
) -> npt.NDArray[Any]:
    """Read an array at index coordinates (3, ...); ``outside`` the grid the nearest voxel counts.

    Parameters
    ----------
    array
        (i, j, k).
    index
        (3, ...).
    order
        0 takes the nearest voxel, 1 interpolates linearly.
    outside
        Value beyond the grid; None repeats the border.
    """
    mode: Literal["nearest", "constant"] = "nearest" if outside is None else "constant"
    result: npt.NDArray[Any] = ndimage.map_coordinates(
        array, index, order=order, mode=mode, cval=outside or 0.0
    )
    return result
