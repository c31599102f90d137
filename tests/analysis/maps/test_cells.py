from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.cells import Cells


def test_sums_and_positions_follow_the_cells() -> None:
    body = np.ones((6, 4, 2), dtype=bool)
    cells = Cells.over(body, (2, 2, 1))
    assert cells.shape == (3, 2, 2)
    np.testing.assert_allclose(cells.total(np.ones(body.sum())), 4.0)


def test_a_linear_map_survives_the_way_to_cells_and_back() -> None:
    body = np.ones((12, 10, 3), dtype=bool)
    cells = Cells.over(body, (2, 2, 1))
    i, j, _ = np.nonzero(body)
    values = (2.0 * i - j).astype(np.float32)
    back = cells.at_voxels(cells.total(values) / 4)
    inner = (i > 0) & (i < 11) & (j > 0) & (j < 9)
    np.testing.assert_allclose(back[inner], values[inner], atol=1e-4)


def test_only_voxels_of_the_body_count() -> None:
    body = np.zeros((4, 4, 1), dtype=bool)
    body[0, 0] = body[3, 3] = True
    total = Cells.over(body, (2, 2, 1)).total(np.array([1.0, 5.0]))
    assert total.ravel().tolist() == [1.0, 0.0, 0.0, 5.0]


def test_smoothing_keeps_the_sum_inside() -> None:
    body = np.ones((30, 30, 1), dtype=bool)
    cells = Cells.over(body, (1, 1, 1))
    values = np.zeros(900)
    values[465] = 1.0
    smoothed = cells.smoothed(values, (2.0, 2.0, 0.0))
    assert smoothed.sum() == pytest.approx(1.0, rel=1e-4)
    assert np.unravel_index(smoothed.argmax(), (30, 30, 1))[:2] == (15, 15)
