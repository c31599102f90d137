from __future__ import annotations

import numpy as np

from analysis.anatomy import REGIONS
from analysis.regions import liver_box, sample_regions
from analysis.volume import LabelMap
from tests.analysis.small_liver import (
    GRID,
    LABELS,
    VOXELS_A_SEGMENT,
    by_segment,
    label_array,
    make_map,
)

BOX = liver_box(LABELS)


def test_the_box_holds_the_liver_with_one_voxel_around_it() -> None:
    assert BOX.labels.shape == (10, 8, 7)
    assert (BOX.labels > 0).sum() == 8 * VOXELS_A_SEGMENT


def test_a_cropped_map_stays_where_it_was_in_the_body() -> None:
    cropped = BOX.crop(make_map(by_segment([1, 2, 3, 4, 5, 6, 7, 8])))
    first = np.array([s.start for s in BOX.slices])
    world = cropped.geometry.affine @ [0, 0, 0, 1]
    assert np.allclose(world, GRID.affine @ [*first, 1])
    assert cropped.geometry.shape == BOX.labels.shape


def test_a_box_at_the_border_of_the_image_ends_there() -> None:
    array = np.roll(label_array(), (-2, -2, 2), (0, 1, 2))
    box = liver_box(LabelMap(array, GRID))
    assert (box.labels > 0).sum() == 8 * VOXELS_A_SEGMENT
    assert box.slices[0].start == 0


def test_regions_hold_their_own_voxels() -> None:
    samples = sample_regions(BOX, BOX.crop(make_map(by_segment([1, 2, 3, 4, 5, 6, 7, 8]))))
    assert list(samples) == [region.key for region in REGIONS]
    for n in range(1, 9):
        assert set(samples[f"segment_{n}"].values) == {n}
        assert samples[f"segment_{n}"].n_region == VOXELS_A_SEGMENT
    assert samples["liver"].values.size == 8 * VOXELS_A_SEGMENT
    assert samples["liver"].variances is not None
    assert set(samples["liver"].variances) == {0.25}


def test_invalid_voxels_are_left_out_and_counted() -> None:
    valid = np.ones(GRID.shape, bool)
    valid[2, 2:8, 2] = False  # 6 of the 30 voxels of segment I
    samples = sample_regions(BOX, BOX.crop(make_map(5.0, valid=valid)))
    assert samples["segment_1"].values.size == 24
    assert samples["segment_1"].n_region == 30
    assert samples["segment_1"].valid_fraction == 0.8
    assert samples["segment_2"].valid_fraction == 1.0


def test_a_value_that_is_not_a_number_is_not_valid() -> None:
    values = by_segment([1, 2, 3, 4, 5, 6, 7, 8])
    values[2, 2, 2] = np.nan
    values[3, 2, 2] = np.inf
    samples = sample_regions(BOX, BOX.crop(make_map(values)))
    assert samples["segment_1"].values.size == 29
    assert samples["segment_2"].values.size == 29


def test_a_segment_that_is_not_labelled_has_no_samples() -> None:
    array = label_array()
    array[array == 8] = 0
    box = liver_box(LabelMap(array, GRID))
    assert "segment_8" not in sample_regions(box, box.crop(make_map(1.0)))


def test_erosion_takes_the_outermost_voxel_of_the_liver_and_no_border_of_segments() -> None:
    samples = sample_regions(BOX, BOX.crop(make_map(1.0)), within=BOX.core)
    # 8 x 6 x 5 voxels become 6 x 4 x 3; the end segments vanish.
    assert samples["liver"].n_region == 6 * 4 * 3
    assert "segment_1" not in samples
    assert samples["segment_2"].n_region == 4 * 3


def test_the_border_of_the_image_does_not_erode_the_liver() -> None:
    array = np.roll(label_array(), 2, 2)  # touches the last slice
    box = liver_box(LabelMap(array, GRID))
    samples = sample_regions(box, box.crop(make_map(1.0)), within=box.core)
    assert samples["liver"].n_region == 6 * 4 * 4
