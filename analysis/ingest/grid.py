"""From DICOM positions (LPS) to grids (RAS); the only place in ingest that turns one to the other.

References
----------
DICOM PS3.3 C.7.6.2.1.1 (position and orientation of the patient).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from analysis.errors import UnusableInput
from analysis.ingest.header import ImageHeader
from analysis.volume import Geometry
from analysis.wording import words

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
SAME_PLACE_MM = 0.05
ORIENTATION_TOLERANCE = 1e-3
UNEVEN_FRACTION = 0.1
Vector = npt.NDArray[np.float64]


def slice_normal(header: ImageHeader) -> Vector:
    """Return the unit normal of an image, LPS: row direction cross column direction.

    Raises
    ------
    UnusableInput
        If the two directions are not perpendicular.
    """
    row = np.array(header.orientation_lps[:3])
    column = np.array(header.orientation_lps[3:])
    normal = np.cross(row, column)
    length = float(np.linalg.norm(normal))
    if abs(length - 1) > 0.05:
        raise UnusableInput(
            words(
                "The orientation of series %(number)s is not usable; export it again.",
                number=header.series.series_number,
            ),
            code="invalid-geometry",
        )
    return normal / length


def distance_mm(header: ImageHeader, normal: Vector) -> float:
    """Return how far an image lies along the slice normal, mm."""
    return float(np.dot(header.position_lps_mm, normal))


def distinct_distances(distances: Sequence[float]) -> list[float]:
    """Return the distances in order, those within 0.05 mm of the one before counted once."""
    distinct: list[float] = []
    for distance in sorted(distances):
        if not distinct or distance - distinct[-1] > SAME_PLACE_MM:
            distinct.append(distance)
    return distinct


def gaps(distances: Sequence[float]) -> list[int]:
    """Return the indices after which the step differs from the usual one by more than 10 %."""
    steps = np.diff(distances)
    if steps.size == 0:
        return []
    usual = float(np.median(steps))
    return [int(i) for i in np.flatnonzero(np.abs(steps - usual) > UNEVEN_FRACTION * usual)]


def build_geometry(headers: Sequence[ImageHeader]) -> Geometry:
    """Return the grid of images sorted along their normal: i along a row, j down, k over slices.

    Raises
    ------
    UnusableInput
        If slices are missing between the others.
    GeometryMismatch
        If the positions do not make a grid.
    """
    first, last = headers[0], headers[-1]
    normal = slice_normal(first)
    uneven = gaps([distance_mm(header, normal) for header in headers])
    if uneven:
        after = ", ".join(str(index + 1) for index in uneven[:5])
        raise UnusableInput(
            words(
                "Slices are missing in series %(number)s (%(description)s) after slice "
                "%(after)s; send the whole series again.",
                number=first.series.series_number,
                description=first.series.series_description,
                after=after,
            ),
            code="missing-slices",
        )
    lps = np.eye(4)
    lps[:3, 0] = np.array(first.orientation_lps[:3]) * first.pixel_spacing_mm[1]
    lps[:3, 1] = np.array(first.orientation_lps[3:]) * first.pixel_spacing_mm[0]
    lps[:3, 2] = _slice_step(first, last, len(headers), normal)
    lps[:3, 3] = first.position_lps_mm
    return Geometry((first.pixels.columns, first.pixels.rows, len(headers)), LPS_TO_RAS @ lps)


def _slice_step(first: ImageHeader, last: ImageHeader, count: int, normal: Vector) -> Vector:
    if count > 1:
        return np.subtract(last.position_lps_mm, first.position_lps_mm) / (count - 1)
    return normal * abs(first.slice_spacing_mm or first.slice_thickness_mm or 1.0)


def grid_key(header: ImageHeader) -> tuple[object, ...]:
    """Return what images of one stack must share: size, spacing and orientation, rounded."""
    orientation = tuple(round(value / ORIENTATION_TOLERANCE) for value in header.orientation_lps)
    spacing = tuple(round(value, 3) for value in header.pixel_spacing_mm)
    return header.pixels.rows, header.pixels.columns, spacing, orientation
