from __future__ import annotations

import numpy as np
import pytest

from analysis.simulation.placement import grid_geometry
from analysis.simulation.spec import Grid


@pytest.mark.parametrize("tilt", [(0.0, 0.0), (20.0, -15.0)])
def test_the_block_is_centred_and_keeps_its_spacing(tilt):
    geometry = grid_geometry(Grid((11, 7, 5), (2.0, 3.0, 5.0), tilt), (10.0, -20.0, 30.0))
    assert geometry.spacing_mm == pytest.approx((2.0, 3.0, 5.0))
    assert geometry.affine @ [5, 3, 2, 1] == pytest.approx([10, -20, 30, 1])


def test_columns_run_left_rows_back_and_slices_up():
    axes = grid_geometry(Grid((4, 4, 4)), (0, 0, 0)).affine[:3, :3]
    np.testing.assert_allclose(np.sign(axes), np.diag([-1, -1, 1]))


def test_a_tilt_about_the_left_right_axis_leaves_columns_alone():
    axes = grid_geometry(Grid((4, 4, 4), (1, 1, 1), (30.0, 0.0)), (0, 0, 0)).affine[:3, :3]
    np.testing.assert_allclose(axes[:, 0], [-1, 0, 0], atol=1e-12)
    assert axes[2, 2] == pytest.approx(np.cos(np.deg2rad(30)))
    assert np.linalg.det(axes) == pytest.approx(1.0)
