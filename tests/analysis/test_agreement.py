from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from analysis.agreement import compare_masks, limits_of_agreement, surface_distances_mm
from analysis.errors import GeometryMismatch
from analysis.volume import Geometry

GRID = Geometry((20, 20, 10), np.diag([1.0, 2.0, 5.0, 1.0]))


def block(i: slice, j: slice = slice(5, 10), k: slice = slice(2, 6)) -> npt.NDArray[np.bool_]:
    mask = np.zeros(GRID.shape, bool)
    mask[i, j, k] = True
    return mask


def test_equal_masks_agree_in_everything() -> None:
    mask = block(slice(5, 10))
    found = compare_masks(mask, mask, GRID)
    assert (found.dice, found.jaccard, found.precision, found.recall) == (1, 1, 1, 1)
    assert (found.hd95_mm, found.assd_mm, found.volume_difference_ml) == (0, 0, 0)


def test_overlap_of_shifted_blocks_is_known() -> None:
    # 100 voxels each, 60 shared.
    found = compare_masks(block(slice(5, 10)), block(slice(7, 12)), GRID)
    assert found.dice == pytest.approx(0.6)
    assert found.jaccard == pytest.approx(60 / 140)
    assert found.precision == pytest.approx(0.6)
    assert found.false_discovery_rate == pytest.approx(0.4)


def test_a_mask_that_is_too_large_finds_all_but_is_not_precise() -> None:
    # 8 x 5 x 4 against 5 x 5 x 4 voxels of 0.01 ml.
    found = compare_masks(block(slice(5, 13)), block(slice(5, 10)), GRID)
    assert found.recall == 1
    assert found.false_negative_rate == 0
    assert found.precision == pytest.approx(100 / 160)
    assert found.volume_ml == pytest.approx(1.6)
    assert found.volume_difference_ml == pytest.approx(0.6)


@pytest.mark.parametrize(("axis", "step_mm"), [(0, 1.0), (1, 2.0), (2, 5.0)])
def test_distances_are_in_millimetres_along_every_axis(axis: int, step_mm: float) -> None:
    plane = np.zeros(GRID.shape, bool)
    plane[tuple(3 if n == axis else slice(None) for n in range(3))] = True
    found = compare_masks(np.roll(plane, 2, axis), plane, GRID)
    assert found.hd95_mm == pytest.approx(2 * step_mm)
    assert found.assd_mm == pytest.approx(2 * step_mm)


def test_the_mean_distance_counts_both_directions() -> None:
    reference = np.zeros(GRID.shape, bool)
    reference[0, 0, 0] = True
    predicted = reference.copy()
    predicted[4, 0, 0] = True  # one stray voxel 4 mm away
    found = compare_masks(predicted, reference, GRID)
    assert found.assd_mm == pytest.approx((0 + 4 + 0) / 3)
    assert found.hd95_mm == pytest.approx(0.95 * 4)  # interpolated between 0 and 4


def test_an_empty_mask_has_no_distance() -> None:
    nothing = np.zeros(GRID.shape, bool)
    found = compare_masks(nothing, block(slice(5, 10)), GRID)
    assert found.dice == 0
    assert found.precision is None
    assert found.false_discovery_rate is None
    assert found.recall == 0
    assert found.hd95_mm is None
    assert found.assd_mm is None
    assert surface_distances_mm(block(slice(5, 10)), nothing, GRID) is None


def test_two_empty_masks_agree() -> None:
    nothing = np.zeros(GRID.shape, bool)
    found = compare_masks(nothing, nothing, GRID)
    assert (found.dice, found.jaccard, found.hd95_mm) == (1, 1, None)


def test_masks_of_another_shape_are_refused() -> None:
    with pytest.raises(GeometryMismatch, match="cannot be compared"):
        compare_masks(np.zeros((2, 2, 2), bool), block(slice(5, 10)), GRID)


def test_limits_of_agreement_are_bias_and_196_standard_deviations() -> None:
    found = limits_of_agreement([1.0, 3.0, 5.0])
    assert (found.bias, found.standard_deviation, found.n) == (3.0, 2.0, 3)
    assert found.lower == pytest.approx(3 - 1.96 * 2, abs=1e-3)
    assert found.upper == pytest.approx(3 + 1.96 * 2, abs=1e-3)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, float("nan")]])
def test_limits_of_agreement_need_two_finite_pairs(values: list[float]) -> None:
    with pytest.raises(ValueError, match="at least two finite"):
        limits_of_agreement(values)
