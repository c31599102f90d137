from __future__ import annotations

import numpy as np
import pytest

from inference.sliding_window import gaussian_weights, predict, softmax, tile_size, tile_starts


def two_classes(block: np.ndarray) -> np.ndarray:
    return np.concatenate([-block, block], axis=1)


@pytest.mark.parametrize("shape", [(10, 12, 9), (40, 33, 17), (8, 8, 8)])
def test_a_pointwise_network_gives_the_same_answer_tiled_and_whole(
    shape: tuple[int, int, int],
) -> None:
    image = np.random.default_rng(3).normal(size=shape).astype(np.float32)
    tiled = predict(image, two_classes, (16, 16, 8))
    whole = softmax(np.stack([-image, image]))
    assert tiled.shape == (2, *shape)
    np.testing.assert_allclose(tiled, whole, atol=1e-6)


def test_every_voxel_is_covered_whatever_the_size() -> None:
    for side in range(1, 70):
        starts = tile_starts(side, 16, 0.5)
        covered = np.zeros(max(side, 16), bool)
        for start in starts:
            covered[start : start + 16] = True
        assert covered.all()
        assert starts[-1] + 16 <= max(side, 16)


def test_the_weight_is_one_in_the_centre_and_never_zero() -> None:
    weights = gaussian_weights((9, 9, 9))
    assert weights[4, 4, 4] == pytest.approx(1.0)
    assert weights.min() > 0


def test_tiles_shrink_to_small_volumes_in_steps_of_the_divisor() -> None:
    assert tile_size((5, 100, 33), (64, 64, 32), 16) == (16, 64, 32)
