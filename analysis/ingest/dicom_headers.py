"""Read the header of a DICOM file into ``ImageHeader``s (runs in the reading process)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset

from analysis.ingest.elements import integer, number, numbers, text, words
from analysis.ingest.enhanced_frames import describe_frames
from analysis.ingest.header import MULTI_FRAME_CLASSES, ImageHeader, SeriesHeader, StoredScale
from analysis.ingest.options import ReadLimits
from analysis.ingest.pixel_location import locate_pixels
from analysis.ingest.real_world import read_scale
from analysis.ingest.vendor_tags import read_vendor_tags

MAX_FRAMES = 100_000


def read_headers(path: Path, file_index: int, limits: ReadLimits) -> list[ImageHeader]:
    """Return one header for each image in a file, an empty list if it is not DICOM.

    Raises
    ------
    pydicom.errors.InvalidDicomError, ValueError, and others of pydicom
        If the file cannot be parsed; the caller names the file as damaged.
    """
    with path.open("rb") as stream:
        dataset = dcmread(stream, stop_before_pixels=True, force=True)
        series = read_series_header(dataset)
        if not series.sop_class_uid or not series.series_instance_uid:
            return []
        frames = integer(dataset, 0x00280008) or 1
        if not 1 <= frames <= MAX_FRAMES:
            raise ValueError(f"the file claims to hold {frames} frames")
        pixels = locate_pixels(dataset, stream, frames, limits)
    first = ImageHeader(
        file_index=file_index,
        frame=0,
        series=series,
        scale=StoredScale(),
        vendor=read_vendor_tags(dataset, series.manufacturer),
        pixels=pixels,
        sop_instance_uid=text(dataset, 0x00080018),
        acquisition_number=integer(dataset, 0x00200012),
        instance_number=integer(dataset, 0x00200013),
    )
    if (
        series.sop_class_uid in MULTI_FRAME_CLASSES
        and "PerFrameFunctionalGroupsSequence" in dataset
    ):
        return describe_frames(dataset, first, frames)
    return [_classic(dataset, first)]


def read_series_header(dataset: FileDataset) -> SeriesHeader:
    """Return what all images of a series share."""
    patient_id = text(dataset, 0x00100020)
    return SeriesHeader(
        modality=text(dataset, 0x00080060).upper(),
        sop_class_uid=text(dataset, 0x00080016),
        study_instance_uid=text(dataset, 0x0020000D),
        patient_id=patient_id,
        patient_key=patient_id.upper() or _hashed_patient(dataset),
        study_date=_iso_date(text(dataset, 0x00080020)),
        study_description=text(dataset, 0x00081030),
        series_instance_uid=text(dataset, 0x0020000E),
        series_number=integer(dataset, 0x00200011) or 0,
        series_description=text(dataset, 0x0008103E),
        protocol=text(dataset, 0x00181030),
        manufacturer=text(dataset, 0x00080070),
        model=text(dataset, 0x00081090),
        software=text(dataset, 0x00181020),
        sequence=text(dataset, 0x00180024) or text(dataset, 0x00189005),
        scanning_sequence=words(dataset, 0x00180020) or words(dataset, 0x00189008),
        field_strength_t=number(dataset, 0x00180087),
        imaging_frequency_mhz=number(dataset, 0x00180084),
        nucleus=text(dataset, 0x00180085) or text(dataset, 0x00189100),
        frame_of_reference_uid=text(dataset, 0x00200052),
        height_m=number(dataset, 0x00101020),
        weight_kg=number(dataset, 0x00101030),
        age_years=_years(text(dataset, 0x00101010)),
    )


def _hashed_patient(dataset: Dataset) -> str:
    name, born = text(dataset, 0x00100010).upper(), text(dataset, 0x00100030)
    return hashlib.sha256(f"{name}|{born}".encode()).hexdigest()[:16] if name else ""


def _years(age: str) -> float | None:
    """Return an Age String (nnnD, nnnW, nnnM, nnnY) in years."""
    in_years = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}
    count, unit = age[:-1], age[-1:]
    is_age = count.isascii() and count.isdigit() and unit in in_years
    return int(count) * in_years[unit] if is_age else None


def _iso_date(value: str) -> str:
    return f"{value[:4]}-{value[4:6]}-{value[6:8]}" if len(value) == 8 and value.isdigit() else ""


def _classic(dataset: FileDataset, first: ImageHeader) -> ImageHeader:
    return replace(
        first,
        scale=read_scale(dataset, dataset),
        image_type=words(dataset, 0x00080008),
        complex_component=text(dataset, 0x00089208).upper(),
        echo_time_ms=number(dataset, 0x00180081),
        echo_number=integer(dataset, 0x00180086),
        temporal_position=integer(dataset, 0x00200100),
        position_lps_mm=numbers(dataset, 0x00200032),
        orientation_lps=numbers(dataset, 0x00200037),
        pixel_spacing_mm=numbers(dataset, 0x00280030),
        slice_thickness_mm=number(dataset, 0x00180050),
        slice_spacing_mm=number(dataset, 0x00180088),
        repetition_time_ms=number(dataset, 0x00180080),
        flip_angle_deg=number(dataset, 0x00181314),
    )
