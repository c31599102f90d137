from __future__ import annotations

import numpy as np
import pytest

from analysis.quantities import PDFF
from analysis.regions import LiverBox, liver_box
from analysis.roi_emulation import RADIUS_MM, measure_discs, place_discs
from analysis.volume import Geometry, LabelMap, QuantityMap, Volume

GRID = Geometry((90, 60, 12), np.diag([2.0, 2.0, 6.0, 1.0]))


def labels() -> LabelMap:
    """Segments I to VIII side by side, each 20 mm wide and 100 mm deep."""
    array = np.zeros(GRID.shape, np.uint8)
    for label in range(1, 9):
        array[4 + (label - 1) * 10 : 14 + (label - 1) * 10, 5:55, 2:10] = label
    return LabelMap(array, GRID)


LABELS = labels()
BOX = liver_box(LABELS)


def make_map(values: np.ndarray, valid: np.ndarray | None = None) -> QuantityMap:  # type: ignore[type-arg]
    array = np.broadcast_to(values, GRID.shape).astype(np.float32)
    usable = np.ones(GRID.shape, bool) if valid is None else valid
    return BOX.crop(QuantityMap(Volume(array, GRID, PDFF), usable, None, "planted"))


def labels_of(box: LiverBox, cropped: QuantityMap) -> list[set[int]]:
    return [set(box.labels[i, j, k].tolist()) for i, j, k in place_discs(box, cropped)]


def test_each_disc_lies_in_one_segment_and_the_fourth_has_two() -> None:
    found = labels_of(BOX, make_map(np.float32(5)))
    assert found == [{1}, {2}, {3}, {4}, {4}, {5}, {6}, {7}, {8}]


def test_the_two_discs_of_segment_four_lie_above_each_other() -> None:
    discs = place_discs(BOX, make_map(np.float32(5)))
    assert discs[3][2] > discs[4][2]


def test_the_value_is_the_mean_of_the_nine_means() -> None:
    values = LABELS.array.astype(np.float32)
    cropped = make_map(values)
    found = measure_discs(place_discs(BOX, cropped), cropped)
    assert found is not None
    assert found.value == pytest.approx((1 + 2 + 3 + 4 + 4 + 5 + 6 + 7 + 8) / 9)
    assert "9 of 9 discs" in found.method
    assert (found.region, found.statistic, found.unit) == ("liver", "nine_roi_mean", "%")


def test_discs_avoid_vessels() -> None:
    values = np.full(GRID.shape, 10.0)
    values[:, :, 2:9] += 30.0 * (np.arange(60) % 4 == 0)[None, :, None]  # vessels but in one slice
    cropped = make_map(values)
    found = measure_discs(place_discs(BOX, cropped), cropped)
    assert found is not None
    # IVb holds the lower slices only, where no place is free of vessels.
    assert found.value == pytest.approx((8 * 10.0 + 17.5) / 9, abs=0.5)


def test_discs_avoid_voxels_that_are_not_valid() -> None:
    valid = np.ones(GRID.shape, bool)
    valid[:, :30] = False
    cropped = make_map(np.float32(5), valid)
    for i, j, k in place_discs(BOX, cropped):
        assert cropped.valid[i, j, k].all()


def test_a_disc_has_four_square_centimetres_where_they_fit() -> None:
    wide = np.zeros(GRID.shape, np.uint8)
    wide[10:80, 5:55, 2:10] = 5
    box = liver_box(LabelMap(wide, GRID))
    volume = Volume(np.zeros(GRID.shape), GRID, PDFF)
    cropped = box.crop(QuantityMap(volume, np.ones(GRID.shape, bool), None, "planted"))
    ((i, _, _),) = place_discs(box, cropped)
    assert i.size * 4.0 == pytest.approx(np.pi * RADIUS_MM**2, rel=0.03)


def test_a_thin_segment_has_no_disc() -> None:
    thin = LABELS.array.copy()
    thin[thin == 2] = 3
    thin[14:16, 5:55, 2:10] = 2  # 4 mm wide
    box = liver_box(LabelMap(thin, GRID))
    volume = Volume(np.full(GRID.shape, 5.0), GRID, PDFF)
    cropped = box.crop(QuantityMap(volume, np.ones(GRID.shape, bool), None, "planted"))
    assert {2} not in labels_of(box, cropped)
    found = measure_discs(place_discs(box, cropped), cropped)
    assert found is not None
    assert "8 of 9 discs" in found.method


def test_a_map_valid_nowhere_has_no_value() -> None:
    cropped = make_map(np.float32(5), np.zeros(GRID.shape, bool))
    assert measure_discs(place_discs(BOX, cropped), cropped) is None


def test_no_disc_no_value() -> None:
    assert measure_discs((), make_map(np.float32(5))) is None
