from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.change.displacement import Displacement, is_imaged, points_of, sample, to_index
from analysis.change.overlap import RegistrationQuality, quality_findings, registration_quality
from analysis.volume import Geometry, LabelMap

GRID = Geometry((12, 11, 10), np.diag([4.0, 4.0, 4.0, 1.0]))
STILL = np.zeros((*GRID.shape, 3), dtype=np.float32)


def test_without_motion_points_stay() -> None:
    points = np.array([[3.0, 8.0, 11.0]])
    assert Displacement(np.eye(4), STILL, GRID).to_baseline(points) == pytest.approx(points)


@given(st.tuples(*[st.floats(-20, 20)] * 3))
def test_a_shift_moves_every_point_by_itself(shift: tuple[float, float, float]) -> None:
    rigid = np.eye(4)
    rigid[:3, 3] = shift
    field = STILL + np.float32([1.0, 0.0, -2.0])
    found = Displacement(rigid, field, GRID).to_baseline(np.zeros((2, 3)))
    assert found == pytest.approx(np.add([1.0, 0.0, -2.0], shift) + np.zeros((2, 3)), abs=1e-4)


def test_the_deformation_comes_before_the_turn() -> None:
    rigid = np.eye(4)
    rigid[:2, :2] = [[0, -1], [1, 0]]
    found = Displacement(rigid, STILL + np.float32([1.0, 0, 0]), GRID).to_baseline(np.zeros((1, 3)))
    assert found == pytest.approx(np.array([[0.0, 1.0, 0.0]]), abs=1e-6)


@pytest.mark.parametrize(("stretch", "volume"), [(0.0, 1.0), (0.25, 1.25), (-1.5, -0.5)])
def test_the_jacobian_is_the_change_of_volume(stretch: float, volume: float) -> None:
    field = STILL.copy()
    field[..., 2] = stretch * np.indices(GRID.shape)[2] * 4.0
    assert Displacement(np.eye(4), field, GRID).jacobian() == pytest.approx(volume, abs=1e-5)


def test_points_and_indices_are_each_others_inverse() -> None:
    affine = np.array([[0, -2.0, 0, 5], [3.0, 0, 0, -7], [0, 0, 4.0, 1], [0, 0, 0, 1]])
    geometry = Geometry((3, 4, 5), affine)
    index = to_index(geometry, points_of(geometry))
    assert index == pytest.approx(np.indices(geometry.shape))
    mask = np.zeros(geometry.shape, dtype=bool)
    mask[1, 2, 3] = True
    assert to_index(geometry, points_of(geometry, mask))[:, 0] == pytest.approx([1, 2, 3])


def test_a_grid_reaches_to_the_faces_of_its_voxels() -> None:
    index = np.array([[-0.6, 0.0, 0.0], [-0.4, 0.0, 0.0], [11.4, 10.4, 9.4], [11.6, 0, 0]]).T
    assert is_imaged(GRID, index).tolist() == [False, True, True, False]


def test_beyond_a_grid_the_border_goes_on_unless_told_otherwise() -> None:
    array, index = np.arange(3.0).reshape(3, 1, 1), np.array([[5.0], [0.0], [0.0]])
    assert sample(array, index) == pytest.approx(2.0)
    assert sample(array, index, outside=0.0) == pytest.approx(0.0)


@pytest.mark.parametrize("shape", [(12, 11, 10), (12, 11, 9, 3)])
def test_a_field_must_fit_its_grid(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="three components"):
        Displacement(np.eye(4), np.zeros(shape), GRID)


def ball(shift: float = 0.0) -> LabelMap:
    i, j, k = np.indices(GRID.shape) * 4.0
    inside = (i - 22 - shift) ** 2 + (j - 20) ** 2 + (k - 18) ** 2 < 13**2
    return LabelMap(inside.astype(np.uint8), GRID)


def test_two_equal_livers_overlap_fully_without_bending() -> None:
    found = registration_quality(Displacement(np.eye(4), STILL, GRID), ball(), ball())
    assert found.dice == found.rigid_dice == 1.0
    assert found.surface_mm == 0.0
    assert found.smallest_jacobian == found.largest_jacobian == pytest.approx(1.0)
    assert found.covered_percent == 100.0
    assert found.is_accepted
    assert quality_findings(found) == ()


def test_the_right_shift_brings_livers_together_and_the_wrong_one_does_not() -> None:
    rigid = np.eye(4)
    rigid[0, 3] = 8.0
    right = registration_quality(Displacement(rigid, STILL, GRID), ball(8.0), ball())
    wrong = registration_quality(Displacement(np.eye(4), STILL, GRID), ball(8.0), ball())
    assert right.dice > 0.98 > 0.8 > wrong.dice
    assert not wrong.is_accepted
    assert wrong.surface_mm is not None
    assert wrong.surface_mm > 2.0


def test_folded_tissue_is_refused() -> None:
    field = STILL.copy()
    field[..., 2] = -1.5 * np.indices(GRID.shape)[2] * 4.0
    found = registration_quality(Displacement(np.eye(4), field, GRID), ball(), ball())
    assert found.folded_percent == 100.0
    assert not found.is_accepted


GOOD = RegistrationQuality(0.95, 0.98, 0.6, 0.5, 1.6, 0.0, 100.0)


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({}, []),
        ({"dice": 0.89}, ["registration-refused"]),
        ({"folded_percent": 0.6}, ["registration-refused"]),
        ({"covered_percent": 49.0}, ["registration-refused"]),
        ({"covered_percent": 80.0}, ["liver-partly-covered"]),
        ({"rigid_dice": 0.87}, ["liver-shapes-differ"]),
    ],
)
def test_each_limit_has_its_finding(values: dict[str, float], codes: list[str]) -> None:
    fields = {name: getattr(GOOD, name) for name in RegistrationQuality.__slots__}
    found = quality_findings(RegistrationQuality(**fields | values))
    assert [finding.code for finding in found] == codes
