"""What was measured in one voxel, in the words of the report."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from analysis.anatomy import SEGMENT_BY_LABEL, Structure
from portal.reports.images import StudyImages, TurnedMap
from portal.wording import said


@dataclass(frozen=True, slots=True)
class VoxelValue:
    """``text`` has the unit; it says "not measured" where the fit failed."""

    key: str
    text: str
    error: str


@dataclass(frozen=True, slots=True)
class VoxelReading:
    """``key`` is the region's own, empty outside the liver."""

    key: str
    region: str
    values: tuple[VoxelValue, ...]


def read_voxel(images: StudyImages, index: tuple[int, int, int]) -> VoxelReading | None:
    """Return the values at (i, j, k) towards right, anterior, superior; None outside the grid."""
    if any(not 0 <= n < size for n, size in zip(index, images.geometry.shape, strict=True)):
        return None
    segment = SEGMENT_BY_LABEL.get(int(images.labels[index]))
    return VoxelReading(
        key=segment.key if segment else "",
        region=_region(segment),
        values=tuple(_value(each, index) for each in images.maps),
    )


def _region(segment: Structure | None) -> str:
    if segment is None:
        return _("Outside the liver")
    return _("Segment %(name)s") % {"name": said(segment.name)}


def _value(turned: TurnedMap, index: tuple[int, int, int]) -> VoxelValue:
    quantity = turned.quantity
    if not turned.valid[index]:
        return VoxelValue(quantity.key, _("not measured"), "")
    error = turned.standard_error
    return VoxelValue(
        key=quantity.key,
        text=quantity.format(float(turned.values[index])),
        error="" if error is None else quantity.format(float(error[index])),
    )
