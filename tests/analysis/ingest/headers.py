"""Image headers for tests of the rules, without files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analysis.ingest.header import (
    MR_IMAGE,
    ImageHeader,
    PixelLocation,
    SeriesHeader,
    StoredScale,
    VendorTags,
)

SERIES = SeriesHeader(
    modality="MR",
    sop_class_uid=MR_IMAGE,
    study_instance_uid="1.2",
    patient_id="P-1",
    patient_key="P-1",
    series_instance_uid="1.2.5",
    series_number=5,
    series_description="vibe_me_tra",
    manufacturer="SIEMENS",
    scanning_sequence=("GR",),
)


def series_header(**changes: Any) -> SeriesHeader:
    return replace(SERIES, **changes)


def image_header(**changes: Any) -> ImageHeader:
    """Return an axial image 6 x 8 at z = 0 mm (LPS)."""
    header = ImageHeader(
        file_index=0,
        frame=0,
        series=SERIES,
        scale=StoredScale(),
        vendor=VendorTags(),
        pixels=PixelLocation(rows=6, columns=8, offset=0),
        sop_instance_uid="1.2.5.1",
        image_type=("ORIGINAL", "PRIMARY", "M", "ND"),
        echo_time_ms=1.2,
        position_lps_mm=(-12.0, 7.0, 0.0),
        orientation_lps=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
        pixel_spacing_mm=(2.0, 3.0),
    )
    return replace(header, **changes)


def at(z_mm: float, **changes: Any) -> ImageHeader:
    """Return an axial image at a height."""
    return image_header(position_lps_mm=(-12.0, 7.0, z_mm), **changes)
