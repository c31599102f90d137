from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from analysis.ingest.study_reader import read_study
from tests.analysis.ingest.dicom_files import (
    SLICES,
    SeriesSpec,
    expected,
    setting,
    write_series,
)


def test_slices_are_sorted_by_position_not_by_slice_location(tmp_path: Path) -> None:
    def mislead(dataset: Dataset) -> None:
        dataset.SliceLocation = -float(dataset.ImagePositionPatient[2])
        dataset.InstanceNumber = 1

    write_series(tmp_path, SeriesSpec(edit=mislead))

    (series,) = read_study(tmp_path).series

    np.testing.assert_array_equal(series.stacks[1].volume.array, expected(1))


def test_a_volume_names_its_images_slice_by_slice(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(edit=setting(FrameOfReferenceUID="1.2.840.7")))
    places = {
        str(image.SOPInstanceUID): float(image.ImagePositionPatient[2])
        for image in (dcmread(path) for path in tmp_path.rglob("*") if path.is_file())
    }

    (series,) = read_study(tmp_path).series

    source = series.stacks[1].source
    assert source is not None
    assert source.series_instance_uid == series.series_instance_uid
    assert source.frame_of_reference_uid == "1.2.840.7"
    affine = series.stacks[1].volume.geometry.affine
    heights = [affine[2, 2] * k + affine[2, 3] for k in range(SLICES)]
    assert [places[uid] for uid in source.sop_instance_uids] == pytest.approx(heights)


def test_images_outside_a_frame_of_reference_are_named_by_none(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(edit=setting(FrameOfReferenceUID="")))

    (series,) = read_study(tmp_path).series

    assert series.stacks[0].source is None


def test_a_slice_order_against_the_normal_gives_the_same_world(tmp_path: Path) -> None:
    flipped = (1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
    write_series(tmp_path, SeriesSpec(orientation=flipped))

    (series,) = read_study(tmp_path).series

    geometry = series.stacks[0].volume.geometry
    values = series.stacks[0].volume.array
    # The normal of this orientation points down: slice 0 was written highest.
    assert geometry.affine[2, 2] == pytest.approx(-4)
    assert values[0, 0, 0] == 0
    assert geometry.affine[:3, 3] == pytest.approx([12, -7, -30])


def test_a_sagittal_series_keeps_its_own_plane(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(orientation=(0.0, 1.0, 0.0, 0.0, 0.0, -1.0)))

    (series,) = read_study(tmp_path).series

    affine = series.stacks[0].volume.geometry.affine
    assert affine[:3, 0] == pytest.approx([0, -3, 0])
    assert affine[:3, 1] == pytest.approx([0, 0, -2])
