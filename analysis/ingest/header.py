"""What is taken from the header of one image; the only thing that leaves the reading process."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from analysis.ingest.series_facts import SeriesFacts

MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
LEGACY_ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.4"
MULTI_FRAME_CLASSES = (ENHANCED_MR, LEGACY_ENHANCED_MR)
IMAGE_CLASSES = (MR_IMAGE, *MULTI_FRAME_CLASSES)


@dataclass(frozen=True, slots=True)
class SeriesHeader(SeriesFacts):
    """Facts that all images of a series share.

    ``patient_key`` is the Patient ID, or a hash of name and birth date where that is empty; names
    themselves are never taken.
    """

    sop_class_uid: str = ""
    patient_key: str = ""
    study_date: str = ""
    study_description: str = ""
    series_number: int = 0
    scanning_sequence: tuple[str, ...] = ()
    nucleus: str = ""
    frame_of_reference_uid: str = ""
    height_m: float | None = None
    weight_kg: float | None = None
    age_years: float | None = None


@dataclass(frozen=True, slots=True)
class StoredScale:
    """How stored values become shown values (DICOM Rescale, Real World Value Mapping)."""

    slope: float | None = None
    intercept: float | None = None
    rescale_type: str = ""
    real_world_slope: float | None = None
    real_world_intercept: float | None = None
    real_world_unit: str = ""


@dataclass(frozen=True, slots=True)
class VendorTags:
    """Private elements that change what an image means."""

    philips_scale_slope: float | None = None
    philips_map_type: str = ""
    ge_component: int | None = None
    ge_sequence: str = ""
    siemens_image_type: str = ""


@dataclass(frozen=True, slots=True)
class PixelLocation:
    """Where the stored values of one image lie in its file.

    Parameters
    ----------
    rows, columns
        Size of the image.
    dtype
        numpy type of a stored value, such as ``"<u2"``.
    bits_stored
        Number of meaningful low bits.
    offset
        Bytes from the start of the file to the first value; -1 when it must be decoded.
    problem
        Why the values cannot be read, for a person; empty when they can.
    samples
        Values a pixel: 1 for MR, 3 for a colour screen copy.
    """

    rows: int = 0
    columns: int = 0
    dtype: str = "<u2"
    bits_stored: int = 16
    offset: int = -1
    problem: str = ""
    samples: int = 1

    @property
    def is_plain(self) -> bool:
        """Whether the values are stored one after the other, without compression."""
        return self.offset >= 0


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """One image: an instance of classic DICOM or one frame of an enhanced one.

    Positions and directions are DICOM's own (LPS, mm); they become RAS in
    ``analysis.ingest.grid``.
    """

    file_index: int
    frame: int
    series: SeriesHeader
    scale: StoredScale
    vendor: VendorTags
    pixels: PixelLocation
    sop_instance_uid: str = ""
    image_type: tuple[str, ...] = ()
    complex_component: str = ""
    echo_time_ms: float | None = None
    echo_number: int | None = None
    temporal_position: int | None = None
    acquisition_number: int | None = None
    instance_number: int | None = None
    position_lps_mm: tuple[float, ...] = ()
    orientation_lps: tuple[float, ...] = ()
    pixel_spacing_mm: tuple[float, ...] = ()
    slice_thickness_mm: float | None = None
    slice_spacing_mm: float | None = None
    repetition_time_ms: float | None = None
    flip_angle_deg: float | None = None

    @property
    def has_position(self) -> bool:
        """Whether the image has a complete place in patient space."""
        lengths = (len(self.position_lps_mm), len(self.orientation_lps), len(self.pixel_spacing_mm))
        return lengths == (3, 6, 2) and min(self.pixel_spacing_mm) > 0


def _as_tuples(value: Any) -> Any:
    return tuple(_as_tuples(item) for item in value) if isinstance(value, list) else value


def to_json(headers: list[ImageHeader]) -> str:
    """Return the headers as JSON: lists of field values in the order of the classes."""
    return json.dumps([_row(header) for header in headers], allow_nan=False)


def _row(header: ImageHeader) -> list[Any]:
    """Return the field values in order, those of the nested classes as lists."""
    row = list(_VALUES[ImageHeader](header))
    row[2:6] = [list(_VALUES[type(part)](part)) for part in row[2:6]]
    return row


def from_rows(rows: list[Any]) -> tuple[ImageHeader, ...]:
    """Return the headers that ``to_json`` wrote, from its parsed JSON."""
    return tuple(_header(*_as_tuples(row)) for row in rows)


def _header(file_index: int, frame: int, *rest: Any) -> ImageHeader:
    series, scale, vendor, pixels, *fields = rest
    return ImageHeader(
        file_index,
        frame,
        SeriesHeader(*series),
        StoredScale(*scale),
        VendorTags(*vendor),
        PixelLocation(*pixels),
        *fields,
    )


_CLASSES = (ImageHeader, SeriesHeader, StoredScale, VendorTags, PixelLocation)
_VALUES = {kind: attrgetter(*(one.name for one in fields(kind))) for kind in _CLASSES}
