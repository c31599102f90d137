from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.export.dicom.source_images import source_images
from analysis.export.exported_file import ExportRequest
from tests.analysis.small_liver import (
    GRID,
    SOURCE,
    default_maps,
    make_report,
    make_segmentation,
    make_selected,
)


def test_every_slice_is_a_header_with_the_identifiers_of_its_image(request_: ExportRequest) -> None:
    images = source_images(request_)
    assert images is not None
    assert [str(image.SOPInstanceUID) for image in images] == list(SOURCE.sop_instance_uids)
    assert {str(image.SeriesInstanceUID) for image in images} == {"2.25.70"}
    assert {str(image.FrameOfReferenceUID) for image in images} == {"2.25.80"}
    assert images[0].StudyInstanceUID == "1.2.3"
    assert images[0].StudyDate == "20260102"
    assert (images[0].Rows, images[0].Columns) == (10, 12)


def test_positions_are_turned_to_left_posterior_superior(request_: ExportRequest) -> None:
    images = source_images(request_)
    assert images is not None
    assert [float(v) for v in images[0].ImagePositionPatient] == [80.0, 60.0, 20.0]
    assert [float(v) for v in images[3].ImagePositionPatient] == [80.0, 60.0, 65.0]
    assert [float(v) for v in images[0].ImageOrientationPatient] == [-1, 0, 0, 0, -1, 0]


def test_a_voxel_has_one_place_by_header_and_by_affine(request_: ExportRequest) -> None:
    images = source_images(request_)
    assert images is not None
    column, row, k = 5, 3, 6
    header = images[k]
    orientation = np.array(header.ImageOrientationPatient, float)
    row_spacing, column_spacing = (float(v) for v in header.PixelSpacing)
    lps = (
        np.array(header.ImagePositionPatient, float)
        + orientation[:3] * column_spacing * column
        + orientation[3:] * row_spacing * row
    )
    ras = (GRID.affine @ [column, row, k, 1])[:3]
    assert np.allclose(lps, ras * [-1, -1, 1])


def test_without_dicom_images_there_is_nothing_to_refer_to() -> None:
    maps = default_maps()
    few = replace(SOURCE, sop_instance_uids=("2.25.1",))
    unnamed = replace(SOURCE, series_instance_uid="not a UID")
    for source in (None, few, unnamed):
        request = ExportRequest(
            make_report(maps), make_selected(source=source), make_segmentation(), maps
        )
        assert source_images(request) is None
