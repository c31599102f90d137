"""nnU-Net's steps one by one; where named, against numbers that nnU-Net 2.8.1 itself gave."""

from __future__ import annotations

import numpy as np
import pytest

from inference.nnunet_preparation import (
    axis_apart,
    body_box,
    network_shape,
    normalised,
    resized,
    tile_weights,
)
from inference.recipes import (
    Intensity,
    IntensityRule,
    ResizeRule,
)

CUBIC, LINEAR = ResizeRule(3), ResizeRule(1)


def test_the_crop_holds_everything_that_is_not_zero_and_the_body_is_filled() -> None:
    image = np.zeros((6, 7, 8), np.float32)
    image[1:5, 2:6, 3:7] = -2.0
    image[2:4, 3:5, 4:6] = 0.0
    box, body = body_box(image)
    assert (box.start, box.stop) == ((1, 2, 3), (5, 6, 7))
    assert body.all()


def test_a_z_score_has_mean_0_and_deviation_1() -> None:
    image = np.random.default_rng(0).normal(50, 9, (8, 9, 10)).astype(np.float32)
    scored = normalised(image, np.ones(image.shape, bool), IntensityRule(Intensity.Z_SCORE))
    assert scored.mean() == pytest.approx(0, abs=1e-5)
    assert scored.std() == pytest.approx(1, abs=1e-5)


def test_a_masked_z_score_counts_the_body_only_and_leaves_zero_outside() -> None:
    image = np.zeros((2, 2, 4), np.float32)
    body = np.zeros(image.shape, bool)
    body[0] = True
    image[0] = [[1, 3, 1, 3], [1, 3, 1, 3]]
    scored = normalised(image, body, IntensityRule(Intensity.Z_SCORE, masked=True))
    assert scored[0].tolist() == [[-1, 1, -1, 1]] * 2
    assert not scored[1].any()


def test_ct_numbers_are_clipped_then_scaled_by_the_training_set() -> None:
    rule = IntensityRule(Intensity.CT, mean=100, deviation=50, lower=0, upper=200)
    image = np.array([[[-1000, 0, 100, 150, 3000]]], np.float32)
    scored = normalised(image, np.ones(image.shape, bool), rule)
    assert scored.ravel().tolist() == [-2, -2, 0, 1, 2]


def test_rescaling_goes_from_0_to_1_and_no_rule_changes_nothing() -> None:
    image = np.array([[[10, 20, 30]]], np.float32)
    body = np.ones(image.shape, bool)
    rescaled = normalised(image, body, IntensityRule(Intensity.RESCALE))
    assert rescaled.ravel().tolist() == [0, 0.5, 1]
    assert normalised(image, body, IntensityRule(Intensity.NONE)) is image


def test_a_constant_image_does_not_divide_by_zero() -> None:
    image, body = np.full((2, 2, 2), 7, np.float32), np.ones((2, 2, 2), bool)
    for kind in (Intensity.Z_SCORE, Intensity.RESCALE):
        assert not normalised(image, body, IntensityRule(kind)).any()


def test_the_rounded_size_keeps_the_extent() -> None:
    assert network_shape((100, 64, 33), (1.0, 2.0, 5.0), (3.0, 2.0, 1.5)) == (33, 64, 110)


@pytest.mark.parametrize(
    ("source", "target", "apart", "expected"),
    [
        ((1, 1, 1), (2, 2, 2), None, None),
        ((5, 1, 1), (1, 1, 1), None, 0),
        ((1, 1, 4), (1, 1, 1), None, 2),
        ((3, 1, 1), (1, 1, 1), None, None),  # three times is not more than three times
        ((1, 1, 1), (1, 5, 1), None, 1),
        ((5, 1, 1), (1, 5, 1), None, 0),  # the source decides first
        ((5, 5, 1), (1, 1, 1), None, None),  # two coarse axes
        ((5, 1, 1), (1, 1, 1), False, None),
        ((2, 1, 1), (1, 1, 1), True, 0),
    ],
)
def test_the_axis_resampled_apart_is_the_one_coarse_axis(
    source: tuple[float, float, float],
    target: tuple[float, float, float],
    apart: bool | None,
    expected: int | None,
) -> None:
    assert axis_apart(source, target, ResizeRule(3, apart=apart)) == expected


def test_linear_resizing_aligns_edges_and_holds_the_borders() -> None:
    ramp = np.tile(np.arange(4, dtype=np.float32)[:, None, None], (1, 2, 2))
    larger = resized(ramp, (8, 2, 2), LINEAR, None)
    expected = [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]
    assert larger[:, 0, 0] == pytest.approx(expected, abs=1e-6)
    assert resized(ramp, (2, 2, 2), LINEAR, None)[:, 1, 1] == pytest.approx([0.5, 2.5])


def test_resizing_to_the_same_size_is_the_identity() -> None:
    values = np.random.default_rng(1).normal(size=(3, 4, 5)).astype(np.float32)
    assert resized(values, (3, 4, 5), CUBIC, None) is values


def test_cubic_overshoot_is_clipped_to_the_range_of_the_source() -> None:
    step = np.zeros((10, 3, 3), np.float32)
    step[5:] = 1.0
    larger = resized(step, (23, 3, 3), CUBIC, None)
    assert larger.min() == 0
    assert larger.max() == 1
    assert 0 < larger[11, 0, 0] < 1


def test_the_axis_apart_takes_the_nearest_slice_and_each_slice_its_own_range() -> None:
    image = np.zeros((2, 8, 8), np.float32)
    image[0, 4:] = 1.0
    image[1, :, 4:] = 5.0
    larger = resized(image, (4, 13, 13), CUBIC, 0)
    np.testing.assert_array_equal(larger[0], larger[1])
    np.testing.assert_array_equal(larger[2], larger[3])
    assert larger[1].max() == 1.0
    assert larger[2].max() == 5.0


def test_the_tile_weight_is_10_in_the_centre_and_never_zero() -> None:
    weights = tile_weights((16, 16, 8))
    assert weights[8, 8, 4] == 10
    assert weights.min() > 0
    assert weights[8, 8, 6] == pytest.approx(10 * np.exp(-2.0), rel=2e-3)  # two sigma along z


# What nnU-Net 2.8.1 made of SOURCE at size (5, 2, 4), cubic: along all axes, and with axis 0 apart.
SOURCE = (np.arange(36) * 7 % 11).reshape(4, 3, 3).astype(np.float32)
CUBIC_BY_NNUNET = """
 1.498112  5.560137  6.058615  2.628414 10.        7.506885  3.243047  0.446213
 6.572473  6.097256  3.864475  1.509625  7.76156   3.553738  3.725175  8.150294
 7.677346  2.642632  1.746581  5.645545  4.668352  4.217244  6.301915  9.395356
 3.733571  2.149902  4.027826  7.991778  1.69551   6.498077  7.69744   4.415074
 1.185194  7.159059  8.475757  4.170816  0.        4.986863  6.396103  2.719775"""
APART_BY_NNUNET = """
 1.851427  5.633057  5.922538  2.507827  9.973355  7.215961  3.253111  0.987568
 8.062433  5.42757   2.831335  2.175452  6.542174  2.758144  4.414239 10.
 5.255162  1.052799  2.436851  8.39351   2.843097  6.328925  7.712977  5.981446
 5.255162  1.052799  2.436851  8.39351   2.843097  6.328925  7.712977  5.981446
 1.329431  6.794239  8.178291  4.46778   0.        5.118397  6.50245   2.791938"""


@pytest.mark.parametrize(("apart", "stored"), [(None, CUBIC_BY_NNUNET), (0, APART_BY_NNUNET)])
def test_cubic_resizing_gives_nnunets_own_numbers(apart: int | None, stored: str) -> None:
    expected = np.array(stored.split(), dtype=float).reshape(5, 2, 4)
    np.testing.assert_allclose(resized(SOURCE, (5, 2, 4), CUBIC, apart), expected, atol=5e-6)


def test_tile_weights_are_nnunets_own_half_precision_numbers() -> None:
    weights = tile_weights((8, 6, 4))
    assert weights[:, 3, 2].tolist() == [
        0.0033550262451171875, 0.111083984375, 1.353515625, 6.06640625,
        10.0, 6.06640625, 1.353515625, 0.111083984375,
    ]  # fmt: skip
    assert weights[4, 3].tolist() == [0.0033550262451171875, 1.353515625, 10.0, 1.353515625]
    assert weights[0, 0, 0] == pytest.approx(5.960464477539063e-08)
    assert weights.sum(dtype=np.float64) == pytest.approx(59.87689471244812, abs=1e-9)
