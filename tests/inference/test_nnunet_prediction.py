from __future__ import annotations

import numpy as np
import pytest

from analysis.quantities import MR_SIGNAL
from analysis.volume import Geometry, Volume
from inference.nnunet_prediction import predict_like_nnunet
from inference.recipes import Intensity, IntensityRule, NnunetRecipe, Orientation, ResizeRule

LABELS = tuple((n, f"segment_{n}") for n in range(1, 9))
SHAPE = (21, 17, 12)
AFFINE = np.diag([-3.0, 3.0, 3.0, 1.0])


def recipe(
    spacing_mm: tuple[float, float, float] = (3.0, 3.0, 3.0),
    orientation: Orientation = Orientation.STORED,
) -> NnunetRecipe:
    none = IntensityRule(Intensity.NONE)
    resize = ResizeRule(1)
    return NnunetRecipe(orientation, (2, 1, 0), spacing_mm, (8, 8, 8), none, resize, resize)


def nearest_level(tile: np.ndarray) -> np.ndarray:
    """A network whose answer is the rounded intensity."""
    levels = np.arange(9, dtype=np.float32).reshape(1, 9, 1, 1, 1)
    return -40 * (tile - levels) ** 2


def labelled() -> Volume:
    array = np.zeros(SHAPE, np.float32)
    rng = np.random.default_rng(2)
    array[4:18, 3:15, 2:11] = np.kron(rng.integers(1, 9, (7, 6, 3)), np.ones((2, 2, 3)))
    return Volume(array, Geometry(SHAPE, AFFINE), MR_SIGNAL)


@pytest.mark.parametrize("orientation", list(Orientation))
def test_what_the_network_says_comes_back_voxel_for_voxel(orientation: Orientation) -> None:
    volume = labelled()
    result = predict_like_nnunet(volume, recipe(orientation=orientation), LABELS, nearest_level)
    np.testing.assert_array_equal(result.segments, volume.array.astype(np.uint8))
    np.testing.assert_array_equal(result.mask, volume.array > 0)
    assert result.confidence > 0.99


def test_the_network_sees_the_file_order_and_tiles_of_one_size() -> None:
    seen = []

    def run(tile: np.ndarray) -> np.ndarray:
        seen.append(tile)
        return nearest_level(tile)

    volume = labelled()
    predict_like_nnunet(volume, recipe(), LABELS, run)
    assert {tile.shape for tile in seen} == {(1, 1, 8, 8, 8)}
    # cropped to (k, j, i) = (9, 12, 14), so starts are (0, 1), (0, 4), (0, 3, 6)
    assert len(seen) == 2 * 2 * 3
    np.testing.assert_array_equal(seen[0][0, 0], volume.array[4:12, 3:11, 2:10].transpose(2, 1, 0))


def test_a_body_smaller_than_a_tile_is_padded_evenly_with_zeros() -> None:
    seen = []

    def run(tile: np.ndarray) -> np.ndarray:
        seen.append(tile)
        return nearest_level(tile)

    array = np.zeros(SHAPE, np.float32)
    array[5:10, 5:9, 2:11] = 3.0
    result = predict_like_nnunet(
        Volume(array, Geometry(SHAPE, AFFINE), MR_SIGNAL), recipe(), LABELS, run
    )
    inside = seen[0][0, 0] > 0
    assert [np.flatnonzero(inside.any(axis=axes)).tolist() for axes in ((0, 2), (0, 1))] == [
        [2, 3, 4, 5],
        [1, 2, 3, 4, 5],
    ]
    np.testing.assert_array_equal(result.segments, array.astype(np.uint8))


def test_another_spacing_keeps_places_in_space() -> None:
    array = np.zeros((30, 30, 10), np.float32)
    array[6:24, 6:24, 2:8] = 5.0
    volume = Volume(array, Geometry(array.shape, np.diag([2.0, 2.0, 8.0, 1.0])), MR_SIGNAL)
    result = predict_like_nnunet(volume, recipe((4.0, 4.0, 4.0)), LABELS, nearest_level)
    assert set(np.unique(result.segments)) <= {0, *range(1, 6)}
    agreement = np.mean(result.mask == (array > 0))
    assert agreement > 0.99
