from __future__ import annotations

import io

import highdicom as hd
import numpy as np
import pytest
from pydicom import dcmread

from analysis.anatomy import BY_KEY
from analysis.export.dicom.segmentation import SEGMENTATION_EXPORTER, present_structures
from analysis.export.exported_file import ExportRequest
from analysis.volume import LabelMap
from tests.analysis.small_liver import (
    GRID,
    LABELS,
    default_maps,
    label_array,
    make_report,
    make_segmentation,
    make_selected,
)


def read(request: ExportRequest) -> hd.seg.Segmentation:
    content = SEGMENTATION_EXPORTER.render(request)
    assert content is not None
    return hd.seg.Segmentation.from_dataset(dcmread(io.BytesIO(content)))


@pytest.fixture
def written(request_: ExportRequest) -> hd.seg.Segmentation:
    return read(request_)


def test_the_labels_come_back_voxel_by_voxel(written: hd.seg.Segmentation) -> None:
    volume = written.get_volume(combine_segments=True, segment_numbers=list(range(1, 9)))
    back = np.zeros(GRID.shape, np.uint8)
    lps_to_index = np.linalg.inv(GRID.affine) @ np.diag([-1.0, -1.0, 1.0, 1.0])
    for index in np.argwhere(volume.array):
        i, j, k = np.rint(lps_to_index @ volume.affine @ [*index, 1])[:3].astype(int)
        back[i, j, k] = volume.array[tuple(index)]
    assert np.array_equal(back, LABELS.array)


def test_the_whole_liver_is_a_segment_of_its_own(written: hd.seg.Segmentation) -> None:
    liver = written.get_volume(segment_numbers=[9], combine_segments=False)
    assert int(liver.array.sum()) == 240


def test_segments_carry_their_codes_names_and_model(written: hd.seg.Segmentation) -> None:
    for number, key in ((1, "segment_1"), (5, "segment_5"), (9, "liver")):
        described = written.get_segment_description(number)
        structure = BY_KEY[key]
        assert described.segmented_property_type.value == structure.snomed
        assert described.segment_label == structure.name
        assert described.tracking_id == key
        assert described.algorithm_identification.name == "liver"


def test_it_refers_to_the_images_and_their_space(written: hd.seg.Segmentation) -> None:
    assert written.FrameOfReferenceUID == "2.25.80"
    assert written.StudyInstanceUID == "1.2.3"
    (series,) = written.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == "2.25.70"


def test_a_missing_segment_leaves_no_gap_in_the_numbers() -> None:
    array = label_array()
    array[array == 3] = 2
    labels = LabelMap(array, GRID)
    found = present_structures(labels)
    assert [number for number, _ in found] == list(range(1, 9))
    assert found[2][1].key == "segment_4"
    maps = default_maps()
    request = ExportRequest(make_report(maps), make_selected(), make_segmentation(labels), maps)
    assert read(request).get_segment_description(3).segment_label == "IV"


def test_an_edited_mask_is_another_object(request_: ExportRequest) -> None:
    array = label_array()
    array[2, 2, 2] = 2
    maps = default_maps()
    edited = ExportRequest(
        make_report(maps), make_selected(), make_segmentation(LabelMap(array, GRID)), maps
    )
    assert read(edited).SOPInstanceUID != read(request_).SOPInstanceUID


def test_nothing_is_written_without_dicom_images() -> None:
    maps = default_maps()
    request = ExportRequest(
        make_report(maps), make_selected(source=None), make_segmentation(), maps
    )
    assert SEGMENTATION_EXPORTER.render(request) is None
