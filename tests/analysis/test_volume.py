from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from analysis.errors import GeometryMismatch
from analysis.quantities import PDFF
from analysis.volume import Geometry, LabelMap, QuantityMap, Volume, read_only

GRID = Geometry((4, 5, 6), np.diag([1.0, 2.0, 5.0, 1.0]))


def test_spacing_and_voxel_volume_come_from_the_affine() -> None:
    assert GRID.spacing_mm == (1.0, 2.0, 5.0)
    assert GRID.voxel_volume_ml == pytest.approx(0.01)


def test_spacing_survives_a_rotation() -> None:
    turn = np.eye(4)
    turn[:2, :2] = [[0, -1], [1, 0]]
    turned = Geometry(GRID.shape, turn @ GRID.affine)
    assert turned.spacing_mm == pytest.approx((1.0, 2.0, 5.0))
    assert turned.voxel_volume_ml == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("shape", "affine"),
    [
        ((4, 5), np.eye(4)),
        ((4, 5, 0), np.eye(4)),
        ((4, 5, 6), np.eye(3)),
        ((4, 5, 6), np.zeros((4, 4))),
        ((4, 5, 6), np.full((4, 4), np.nan)),
    ],
)
def test_a_grid_that_cannot_be_is_refused(shape: tuple[int, int, int], affine: np.ndarray) -> None:
    with pytest.raises(GeometryMismatch, match="export the series again"):
        Geometry(shape, affine)


def test_grids_match_within_five_hundredths_of_a_millimetre() -> None:
    near, far = GRID.affine.copy(), GRID.affine.copy()
    near[0, 3] += 0.04
    far[0, 3] += 0.06
    assert GRID.matches(Geometry(GRID.shape, near))
    assert not GRID.matches(Geometry(GRID.shape, far))
    assert not GRID.matches(Geometry((4, 5, 7), GRID.affine))


def test_a_small_tilt_that_moves_the_far_corner_is_a_mismatch() -> None:
    large = Geometry((200, 200, 200), np.eye(4))
    tilted = np.eye(4)
    tilted[0, 2] = 0.001
    assert not large.matches(Geometry(large.shape, tilted))
    with pytest.raises(GeometryMismatch, match="resample"):
        large.require_match(Geometry(large.shape, tilted))


def test_an_image_must_fill_its_grid() -> None:
    with pytest.raises(GeometryMismatch, match="voxels"):
        Volume(np.zeros((4, 5, 7)), GRID, PDFF)


def test_arrays_cannot_be_changed_from_inside_or_outside() -> None:
    source = np.zeros(GRID.shape, np.float32)
    volume = Volume(source, GRID, PDFF)
    source[:] = 7
    assert not volume.array.any()
    with pytest.raises(ValueError, match="read-only"):
        volume.array[0, 0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        volume.quantity = PDFF  # type: ignore[misc]  # the point of the test


def test_a_view_is_copied_and_a_locked_array_is_not() -> None:
    base = np.zeros((8, 5, 6), np.float32)
    assert not np.shares_memory(read_only(base[:4], np.float32), base)
    base.setflags(write=False)
    assert read_only(base, np.float32) is base


def test_validity_and_error_lie_on_the_grid_of_the_map() -> None:
    volume = Volume(np.ones(GRID.shape), GRID, PDFF)
    error = np.full(GRID.shape, 0.5)
    result = QuantityMap(volume, np.ones(GRID.shape, bool), error, "test")
    assert result.quantity is PDFF
    assert result.geometry is GRID
    with pytest.raises(GeometryMismatch):
        QuantityMap(volume, np.ones((1, 1, 1), bool), None, "test")
    with pytest.raises(GeometryMismatch):
        QuantityMap(volume, np.ones(GRID.shape, bool), np.ones((1, 1, 1)), "test")


def test_the_liver_is_every_segment_and_its_volume_is_in_millilitres() -> None:
    array = np.zeros(GRID.shape, np.uint8)
    array[0, 0, :3] = (1, 5, 8)
    labels = LabelMap(array, GRID)
    assert labels.liver.sum() == 3
    assert labels.volume_ml == pytest.approx(0.03)


def test_a_label_beyond_segment_eight_is_refused() -> None:
    with pytest.raises(ValueError, match="not a Couinaud segment"):
        LabelMap(np.full(GRID.shape, 9), GRID)
