"""Where a slice lies in DICOM's patient coordinates (LPS+ mm), from a grid in RAS+ mm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.volume import Geometry

_RAS_TO_LPS = np.array([-1.0, -1.0, 1.0])


def decimal_string(value: float) -> str:
    """Return ``value`` as a DICOM decimal string of at most 16 characters.

    Examples
    --------
    >>> decimal_string(-113.29940431759)
    '-113.2994043'
    """
    text = f"{value:.10g}"
    return "0" if text == "-0" else text


@dataclass(frozen=True, slots=True)
class SlicePlane:
    """Position and orientation of one slice in LPS+ mm.

    Parameters
    ----------
    position_mm
        Centre of the first pixel: Image Position (Patient).
    orientation
        Direction cosines of increasing column and of increasing row index.
    pixel_spacing_mm
        Distance between rows, distance between columns.
    location_mm
        Position along the slice normal.
    """

    position_mm: tuple[float, float, float]
    orientation: tuple[float, ...]
    pixel_spacing_mm: tuple[float, float]
    location_mm: float


def slice_plane(geometry: Geometry, index: int) -> SlicePlane:
    """Return where slice ``index`` of a grid lies; columns run along i and rows along j.

    Parameters
    ----------
    geometry
        The grid.
    index
        Slice index k.

    References
    ----------
    DICOM PS3.3 C.7.6.2, Image Plane Module.
    """
    axes: npt.NDArray[np.float64] = geometry.affine[:3, :3] * _RAS_TO_LPS[:, None]
    origin = geometry.affine[:3, 3] * _RAS_TO_LPS
    position = origin + axes[:, 2] * index
    column_mm, row_mm, _ = geometry.spacing_mm
    along_columns, along_rows = axes[:, 0] / column_mm, axes[:, 1] / row_mm
    normal = np.cross(along_columns, along_rows)
    return SlicePlane(
        (float(position[0]), float(position[1]), float(position[2])),
        tuple(float(value) for value in (*along_columns, *along_rows)),
        (row_mm, column_mm),
        float(position @ normal),
    )
