from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from analysis.errors import UnusableInput
from analysis.ingest.study_reader import read_study
from analysis.study import Role
from tests.analysis.ingest.dicom_files import (
    ECHOES_MS,
    SeriesSpec,
    expected,
    finding_codes,
    write_series,
)


def test_a_file_that_came_twice_is_used_once(tmp_path: Path) -> None:
    (first, *_) = write_series(tmp_path)
    shutil.copy(first, tmp_path / "again")

    study = read_study(tmp_path)

    assert "duplicate-instances" in finding_codes(study)
    assert [file.reason for file in study.skipped] == [f"the same image as {first.name}"]
    np.testing.assert_array_equal(study.series[0].stacks[0].volume.array, expected(0))


def test_an_image_exported_twice_under_another_identifier_is_used_once(tmp_path: Path) -> None:
    (first, *_) = write_series(tmp_path)
    dataset = dcmread(first)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    dataset.InstanceNumber = 999
    dataset.save_as(tmp_path / "again")

    study = read_study(tmp_path)

    assert "duplicate-instances" in finding_codes(study)
    assert len(study.series[0].stacks) == len(ECHOES_MS)


def test_two_different_images_under_one_identifier_are_refused(tmp_path: Path) -> None:
    (first, *_) = write_series(tmp_path)
    dataset = dcmread(first)
    dataset.PixelData = bytes(len(dataset.PixelData))
    dataset.save_as(tmp_path / "other")

    with pytest.raises(UnusableInput, match="claim the same place") as caught:
        read_study(tmp_path)

    assert caught.value.code == "conflicting-instances"


def test_one_different_image_at_a_taken_place_is_refused(tmp_path: Path) -> None:
    (first, *_) = write_series(tmp_path)
    dataset = dcmread(first)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    dataset.PixelData = bytes(len(dataset.PixelData))
    dataset.save_as(tmp_path / "other")

    with pytest.raises(UnusableInput, match="claim the same place"):
        read_study(tmp_path)


def test_a_conflict_elsewhere_does_not_stop_the_scanners_maps(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(number=11, description="x_FF", echoes_ms=(1.2,)))
    (first, *_) = write_series(tmp_path, SeriesSpec(number=7, echoes_ms=(2.5,)))
    dataset = dcmread(first)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    dataset.PixelData = bytes(len(dataset.PixelData))
    dataset.save_as(tmp_path / "other")

    study = read_study(tmp_path)

    assert finding_codes(study) == {"conflicting-instances"}
    assert study.series[1].claimed_role is Role.PDFF_MAP
