from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from analysis.ingest.dicom_headers import read_headers
from analysis.ingest.header import ImageHeader
from analysis.ingest.options import ReadLimits
from tests.analysis.ingest.dicom_files import SeriesSpec, write_series

LIMITS = ReadLimits()


def first(folder: Path, edit: Callable[[Dataset], None] = lambda _: None) -> ImageHeader:
    (path, *_) = write_series(folder, SeriesSpec(edit=edit))
    (header,) = read_headers(path, 7, LIMITS)
    return header


def test_the_header_is_taken_over(tmp_path: Path) -> None:
    header = first(tmp_path)

    assert header.file_index == 7
    assert header.series.series_number == 5
    assert header.series.study_date == "2026-01-15"
    assert header.series.scanning_sequence == ("GR",)
    assert header.echo_time_ms == 1.2
    assert header.position_lps_mm == (-12.0, 7.0, -30.0)
    assert header.pixel_spacing_mm == (2.0, 3.0)
    assert header.image_type == ("ORIGINAL", "PRIMARY", "M", "ND")


@pytest.mark.parametrize(
    ("age", "years"), [("050Y", 50.0), ("006M", 0.5), ("old", None), ("", None), ("Y", None)]
)
def test_size_weight_and_age_of_the_body_are_read_where_they_are_sound(
    tmp_path: Path, age: str, years: float | None
) -> None:
    def with_body(dataset: Dataset) -> None:
        dataset.PatientSize, dataset.PatientWeight = "1.80", "80"
        dataset.add_new(0x00101010, "LO", age)  # a text that an age element would not take

    series = first(tmp_path, with_body).series

    assert (series.height_m, series.weight_kg, series.age_years) == (1.8, 80.0, years)


def test_the_name_of_the_patient_does_not_leave_the_reading_process(tmp_path: Path) -> None:
    def without_id(dataset: Dataset) -> None:
        dataset.PatientID = ""

    header = first(tmp_path, without_id)

    assert header.series.patient_id == ""
    assert len(header.series.patient_key) == 16
    assert "NOBODY" not in header.series.patient_key


def test_plain_pixels_are_located_in_implicit_files_too(tmp_path: Path) -> None:
    def implicit(dataset: Dataset) -> None:
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian

    header = first(tmp_path, implicit)

    (path, *_) = tmp_path.iterdir()
    content = next(p for p in sorted(tmp_path.iterdir())).read_bytes()
    assert header.pixels.is_plain
    assert header.pixels.offset == len(content) - 96
    assert path.exists()


def test_a_malformed_number_is_absent(tmp_path: Path) -> None:
    (path, *_) = write_series(tmp_path)
    content = path.read_bytes().replace(b"DS\x04\x001.2 ", b"DS\x04\x00x.2 ")
    path.write_bytes(content)

    (header,) = read_headers(path, 0, LIMITS)

    assert header.echo_time_ms is None


def test_a_file_that_is_not_dicom_gives_no_header(tmp_path: Path) -> None:
    path = tmp_path / "letter"
    path.write_bytes(b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100")

    assert read_headers(path, 0, LIMITS) == []


def test_a_header_without_pixels_says_so(tmp_path: Path) -> None:
    def drop(dataset: Dataset) -> None:
        del dataset.PixelData

    assert "ends before" in first(tmp_path, drop).pixels.problem


@pytest.mark.parametrize(
    ("keyword", "value", "problem"),
    [
        ("Rows", 0, "no image"),
        ("BitsAllocated", 1, "not a grey-scale image"),
        ("Rows", 30000, "bytes of the image"),
    ],
)
def test_an_impossible_image_is_named(
    tmp_path: Path, keyword: str, value: int, problem: str
) -> None:
    def spoil(dataset: Dataset) -> None:
        setattr(dataset, keyword, value)

    assert problem in first(tmp_path, spoil).pixels.problem


def test_an_absurd_number_of_frames_is_refused(tmp_path: Path) -> None:
    def claim(dataset: Dataset) -> None:
        dataset.NumberOfFrames = 10_000_000

    with pytest.raises(ValueError, match="10000000 frames"):
        first(tmp_path, claim)
