from __future__ import annotations

import numpy as np
import pytest

from inference.mirroring import mirrored

TILE = np.random.default_rng(1).random((1, 1, 4, 5, 6), dtype=np.float32)


def ramp(tile: np.ndarray) -> np.ndarray:
    """Answer with the tile plus a ramp along x: a network that prefers one side."""
    return np.asarray(tile + np.arange(4, dtype=np.float32).reshape(1, 1, 4, 1, 1), np.float32)


def test_a_preference_for_one_side_is_averaged_away() -> None:
    np.testing.assert_allclose(mirrored(ramp, (0,))(TILE), TILE + 1.5, rtol=1e-6)


def test_a_network_without_preference_is_not_changed() -> None:
    answer = mirrored(lambda tile: 2 * tile, (0, 1, 2))(TILE)
    np.testing.assert_allclose(answer, 2 * TILE, rtol=1e-6)


@pytest.mark.parametrize(("axes", "runs"), [((), 1), ((2,), 2), ((0, 1, 2), 8)])
def test_each_mirroring_is_run_once(axes: tuple[int, ...], runs: int) -> None:
    seen: list[bytes] = []

    def count(tile: np.ndarray) -> np.ndarray:
        seen.append(tile.tobytes())
        return tile

    mirrored(count, axes)(TILE)
    assert len(seen) == len(set(seen)) == runs
