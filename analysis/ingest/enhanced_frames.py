"""Frames of enhanced multi-frame MR: shared and per-frame functional groups (in the child).

References
----------
DICOM PS3.3 C.7.6.16 (functional groups), C.8.13.5 (Enhanced MR).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydicom.dataset import Dataset, FileDataset

from analysis.ingest.elements import (
    first_item,
    integer,
    item,
    number,
    numbers,
    private_value,
    raw_value,
    text,
    words,
)
from analysis.ingest.header import ImageHeader, PixelLocation
from analysis.ingest.real_world import read_scale
from analysis.ingest.vendor_tags import read_vendor_tags

PHILIPS_FRAME_CREATOR = "Philips MR Imaging DD 005"
PHILIPS_FRAME = 0x2005140F  # where Philips itself puts it


@dataclass(frozen=True, slots=True)
class FrameGroups:
    """The functional groups of one frame; what a frame does not say is taken from the shared."""

    shared: Dataset | None
    own: Dataset | None

    def group(self, tag: int) -> Dataset | None:
        """Return the item of a functional group, the frame's own before the shared one."""
        return item(self.own, tag) or item(self.shared, tag)

    def holder(self, tag: int) -> Dataset | None:
        """Return the groups that hold a sequence."""
        return self.own if raw_value(self.own, tag) else self.shared


def describe_frames(dataset: FileDataset, first: ImageHeader, frames: int) -> list[ImageHeader]:
    """Return one header a frame.

    Raises
    ------
    ValueError
        If the per-frame groups do not match the number of frames.
    """
    own_groups = list(raw_value(dataset, 0x52009230) or [])
    if len(own_groups) != frames:
        raise ValueError(f"{len(own_groups)} frame headers for {frames} frames")
    shared = item(dataset, 0x52009229)
    frequency = number(item(shared, 0x00189006), 0x00189098) or number(
        item(own_groups[0], 0x00189006), 0x00189098
    )
    series = replace(
        first.series,
        imaging_frequency_mhz=first.series.imaging_frequency_mhz or frequency,
    )
    first = replace(
        first,
        series=series,
        complex_component=text(dataset, 0x00089208).upper(),
        image_type=words(dataset, 0x00080008),
    )
    return [_frame(FrameGroups(shared, own), first, index) for index, own in enumerate(own_groups)]


def _frame(groups: FrameGroups, first: ImageHeader, index: int) -> ImageHeader:
    content = groups.group(0x00209111)
    measures = groups.group(0x00289110)
    timing = groups.group(0x00189112)
    kind = groups.group(0x00189226)
    private = _philips_frame(groups.own) or _philips_frame(groups.shared)
    tags = read_vendor_tags(private, first.series.manufacturer) if private else first.vendor
    return replace(
        first,
        frame=index,
        pixels=_frame_pixels(first.pixels, index),
        vendor=tags,
        scale=read_scale(groups.group(0x00289145), groups.holder(0x00409096)),
        image_type=words(kind, 0x00089007) or first.image_type,
        complex_component=text(kind, 0x00089208).upper() or first.complex_component,
        echo_time_ms=_echo_time_ms(groups),
        echo_number=integer(private, 0x00180086),
        temporal_position=integer(content, 0x00209128),
        acquisition_number=integer(content, 0x00209156) or first.acquisition_number,
        instance_number=index + 1,
        position_lps_mm=numbers(groups.group(0x00209113), 0x00200032),
        orientation_lps=numbers(groups.group(0x00209116), 0x00200037),
        pixel_spacing_mm=numbers(measures, 0x00280030),
        slice_thickness_mm=number(measures, 0x00180050),
        slice_spacing_mm=number(measures, 0x00180088),
        repetition_time_ms=number(timing, 0x00180080),
        flip_angle_deg=number(timing, 0x00181314),
    )


def _philips_frame(groups: Dataset | None) -> Dataset | None:
    """Return the private item in which Philips keeps the classic header of a frame."""
    value = private_value(groups, PHILIPS_FRAME >> 16, PHILIPS_FRAME_CREATOR, PHILIPS_FRAME & 0xFF)
    return first_item(value) or item(groups, PHILIPS_FRAME)


def _echo_time_ms(groups: FrameGroups) -> float | None:
    effective = number(groups.group(0x00189114), 0x00189082)
    return effective if effective is not None else number(groups.own, 0x00180081)


def _frame_pixels(first: PixelLocation, index: int) -> PixelLocation:
    if not first.is_plain:
        return first
    size = first.rows * first.columns * first.samples * int(first.dtype[-1])
    return replace(first, offset=first.offset + index * size)
