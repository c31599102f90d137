"""Typed images: a grid in space and what is stored on it.

World coordinates are RAS+ millimetres as in NIfTI: x grows towards the patient's right, y towards
anterior, z towards superior. Arrays are read-only and indexed (i, j, k). DICOM's LPS is converted
in ``analysis.ingest`` and ``analysis.export`` only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.anatomy import SEGMENT_BY_LABEL
from analysis.errors import GeometryMismatch
from analysis.quantities import Quantity
from analysis.wording import words

FloatArray = npt.NDArray[np.float32] | npt.NDArray[np.float64]
GEOMETRY_TOLERANCE_MM = 0.05


def read_only(array: npt.ArrayLike, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return ``array`` contiguous and write-protected, of ``dtype``, copied only if needed.

    A view of a caller's writable array is copied, so that no one can change it from outside.
    """
    result = np.ascontiguousarray(array, dtype=dtype)
    if result.flags.writeable and (result is array or result.base is not None):
        result = result.copy()
    result.setflags(write=False)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """A regular voxel grid in patient space.

    Parameters
    ----------
    shape
        Number of voxels (i, j, k), each at least 1.
    affine
        (4, 4) float64, voxel index (i, j, k, 1) to RAS+ mm.

    Raises
    ------
    GeometryMismatch
        If the affine is not finite, not invertible or not of shape (4, 4), or a size is below 1.
    """

    shape: tuple[int, int, int]
    affine: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        shape = tuple(int(size) for size in self.shape)
        affine = read_only(np.array(self.affine, dtype=np.float64), np.float64)
        valid = len(shape) == 3 and min(shape) >= 1 and affine.shape == (4, 4)
        if not valid or not np.isfinite(affine).all() or abs(np.linalg.det(affine)) < 1e-9:
            raise GeometryMismatch(
                words(
                    "The position of the images in space is not usable; export the series again."
                ),
                code="invalid-geometry",
            )
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "affine", affine)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between voxel centres along i, j, k in mm."""
        sizes = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(sizes[0]), float(sizes[1]), float(sizes[2])

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return float(abs(np.linalg.det(self.affine[:3, :3])) / 1000.0)

    def matches(self, other: Geometry) -> bool:
        """Tell whether every corner of the two grids agrees within 0.05 mm."""
        if self.shape != other.shape:
            return False
        corners = np.array(np.meshgrid(*[(0, size - 1) for size in self.shape], [1])).reshape(4, -1)
        distance = (self.affine - other.affine) @ corners
        return bool(np.abs(distance).max() <= GEOMETRY_TOLERANCE_MM)

    def require_match(self, other: Geometry) -> None:
        """Raise ``GeometryMismatch`` unless both grids are the same."""
        if not self.matches(other):
            raise GeometryMismatch(
                words(
                    "Two images lie on different grids (%(one)s and %(other)s); resample one to "
                    "the other first.",
                    one=str(self.shape),
                    other=str(other.shape),
                ),
                code="geometry-mismatch",
            )

    def __repr__(self) -> str:
        size = "×".join(str(n) for n in self.shape)
        spacing = "×".join(f"{s:.2f}" for s in self.spacing_mm)
        return f"Geometry({size}, {spacing} mm)"


def _require_shape(array: npt.NDArray[Any], geometry: Geometry) -> None:
    if array.shape != geometry.shape:
        raise GeometryMismatch(
            words(
                "The image has %(image)s voxels but its grid has %(grid)s.",
                image=str(array.shape),
                grid=str(geometry.shape),
            ),
            code="geometry-mismatch",
        )


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """One three-dimensional image of one quantity.

    Parameters
    ----------
    array
        (i, j, k) float32, in the unit of ``quantity``; read-only.
    geometry
        The grid.
    quantity
        What is stored.
    """

    array: npt.NDArray[np.float32]
    geometry: Geometry
    quantity: Quantity

    def __post_init__(self) -> None:
        array = read_only(self.array, np.float32)
        _require_shape(array, self.geometry)
        object.__setattr__(self, "array", array)


@dataclass(frozen=True, slots=True, eq=False)
class QuantityMap:
    """A quantitative map with its validity and its uncertainty.

    Parameters
    ----------
    volume
        The values; meaningless where ``valid`` is False.
    valid
        (i, j, k) bool: the voxel was fitted and may be used.
    standard_error
        (i, j, k) float32 in the same unit, or None when the source gives none.
    method
        Name and version of what made the map, shown to readers.
    """

    volume: Volume
    valid: npt.NDArray[np.bool_]
    standard_error: npt.NDArray[np.float32] | None
    method: str

    def __post_init__(self) -> None:
        valid = read_only(self.valid, np.bool_)
        _require_shape(valid, self.volume.geometry)
        object.__setattr__(self, "valid", valid)
        if self.standard_error is not None:
            error = read_only(self.standard_error, np.float32)
            _require_shape(error, self.volume.geometry)
            object.__setattr__(self, "standard_error", error)

    @property
    def quantity(self) -> Quantity:
        """The quantity stored."""
        return self.volume.quantity

    @property
    def geometry(self) -> Geometry:
        """The grid of the map."""
        return self.volume.geometry


@dataclass(frozen=True, slots=True, eq=False)
class LabelMap:
    """Couinaud segments of the liver: 0 is background, 1-8 are segments I-VIII.

    Parameters
    ----------
    array
        (i, j, k) uint8; read-only.
    geometry
        The grid.

    Raises
    ------
    ValueError
        If a value other than 0-8 occurs.
    """

    array: npt.NDArray[np.uint8]
    geometry: Geometry

    def __post_init__(self) -> None:
        array = read_only(self.array, np.uint8)
        _require_shape(array, self.geometry)
        if array.size and int(array.max()) > max(SEGMENT_BY_LABEL):
            raise ValueError(f"label {int(array.max())} is not a Couinaud segment")
        object.__setattr__(self, "array", array)

    @property
    def liver(self) -> npt.NDArray[np.bool_]:
        """(i, j, k) bool: any segment."""
        return self.array > 0

    @property
    def volume_ml(self) -> float:
        """Volume of the whole liver in millilitres."""
        return float(np.count_nonzero(self.array)) * self.geometry.voxel_volume_ml
