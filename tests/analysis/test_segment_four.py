from __future__ import annotations

import numpy as np
import pytest

from analysis.segment_four import IVA, IVB, Rule, divide_segment_4, part_counts
from analysis.volume import Geometry, LabelMap

SPACING_MM = 4.0


def liver(border_of_2_and_3: int = 12, affine: np.ndarray | None = None) -> LabelMap:
    """Segment IV in slices 4-19; beside it III below and II above a known slice."""
    array = np.zeros((12, 8, 24), np.uint8)
    array[6:10, 1:7, 4:20] = 4
    array[2:6, 1:7, 4:border_of_2_and_3] = 3
    array[2:6, 1:7, border_of_2_and_3:20] = 2
    grid = np.diag([SPACING_MM, SPACING_MM, SPACING_MM, 1.0]) if affine is None else affine
    return LabelMap(array, Geometry((12, 8, 24), grid))


def test_the_plane_lies_where_segments_2_and_3_meet() -> None:
    labels = liver(border_of_2_and_3=9)
    divided = divide_segment_4(labels)
    assert divided.division.rule is Rule.LEFT_PORTAL_PLANE
    assert divided.division.height_mm == pytest.approx(8.5 * SPACING_MM)
    assert (divided.parts[6:10, 1:7, 9:20] == IVA).all()
    assert (divided.parts[6:10, 1:7, 4:9] == IVB).all()


def test_both_parts_together_are_segment_4_and_the_labels_stay() -> None:
    labels = liver()
    before = labels.array.copy()
    divided = divide_segment_4(labels)
    np.testing.assert_array_equal(divided.parts > 0, labels.array == 4)
    np.testing.assert_array_equal(labels.array, before)


def test_upper_is_upper_in_the_patient_whatever_the_order_of_slices() -> None:
    upright = divide_segment_4(liver(border_of_2_and_3=9))
    mirror = np.diag([SPACING_MM, SPACING_MM, -SPACING_MM, 1.0])
    mirror[2, 3] = 23 * SPACING_MM
    labels = liver(border_of_2_and_3=9)
    turned = LabelMap(labels.array[:, :, ::-1].copy(), Geometry((12, 8, 24), mirror))
    divided = divide_segment_4(turned)
    np.testing.assert_array_equal(divided.parts[:, :, ::-1], upright.parts)
    assert divided.division.height_mm == pytest.approx(upright.division.height_mm)


def test_without_a_border_of_2_and_3_the_segment_is_halved() -> None:
    array = np.where(liver().array == 4, 4, 0).astype(np.uint8)
    divided = divide_segment_4(LabelMap(array, liver().geometry))
    assert divided.division.rule is Rule.HALVES
    assert np.count_nonzero(divided.parts == IVA) == np.count_nonzero(divided.parts == IVB)


def test_a_border_outside_segment_4_is_not_believed() -> None:
    array = liver().array.copy()
    array[array == 4] = 0
    array[6:10, 1:7, 16:20] = 4  # the border of II and III lies lower
    assert divide_segment_4(LabelMap(array, liver().geometry)).division.rule is Rule.HALVES


def test_voxels_of_the_parts_are_counted_by_region() -> None:
    divided = divide_segment_4(liver(border_of_2_and_3=9))
    assert part_counts(divided.parts) == {"segment_4a": 4 * 6 * 11, "segment_4b": 4 * 6 * 5}
    assert divided.division.said.text.startswith("geometric: level plane at 34 mm")


def test_a_liver_without_segment_4_has_no_parts_and_says_why() -> None:
    array = np.where(liver().array == 4, 0, liver().array).astype(np.uint8)
    divided = divide_segment_4(LabelMap(array, liver().geometry))
    assert not divided.parts.any()
    assert part_counts(divided.parts) == {}
    assert divided.division.rule is None
    assert divided.division.said.text == "not measured: segment IV was not found"


def test_a_segment_4_that_the_images_cut_is_not_divided() -> None:
    array = np.roll(liver().array, 4, axis=2)  # its upper end is the last slice
    divided = divide_segment_4(LabelMap(array, liver().geometry))
    assert not divided.parts.any()
    assert divided.division.said.text == "not measured: segment IV reaches the border of the images"
