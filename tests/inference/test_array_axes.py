from __future__ import annotations

import itertools

import numpy as np
import pytest

from analysis.volume import Geometry
from inference.array_axes import combined, layout_of
from inference.recipes import Orientation

FILE_ORDER = (2, 1, 0)


def test_stored_axes_are_read_backwards_whatever_their_direction() -> None:
    geometry = Geometry((2, 3, 4), np.diag([-1.0, 2.0, -3.0, 1.0]))
    layout = layout_of(geometry, Orientation.STORED, FILE_ORDER)
    array = np.arange(24).reshape(2, 3, 4)
    assert layout.to_network(array).tolist() == array.transpose(2, 1, 0).tolist()
    assert layout.spacing(geometry) == (3.0, 2.0, 1.0)


def test_the_plans_transposition_follows_the_file_order() -> None:
    geometry = Geometry((2, 3, 4), np.diag([1.0, 2.0, 3.0, 1.0]))
    layout = layout_of(geometry, Orientation.STORED, (0, 2, 1))
    assert layout.to_network(np.zeros((2, 3, 4))).shape == (2, 4, 3)
    assert layout.spacing(geometry) == (1.0, 3.0, 2.0)


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, -1), (-1, -1, -1)])
def test_reorientation_shows_superior_anterior_right_and_comes_back(
    axes: tuple[int, int, int], signs: tuple[int, int, int]
) -> None:
    affine = np.eye(4)
    affine[:3, :3] = np.diag([1.0, 2.0, 3.0])[:, axes] * signs
    shape = (4, 5, 6)
    geometry = Geometry(shape, affine)
    index = np.indices(shape).reshape(3, -1)
    world = (affine[:3, :3] @ index).reshape(3, *shape)
    layout = layout_of(geometry, Orientation.RAS, FILE_ORDER)
    for network_axis, patient_axis in enumerate((2, 1, 0)):
        seen = layout.to_network(world[patient_axis])
        assert (np.diff(seen, axis=network_axis) > 0).all()
        np.testing.assert_array_equal(layout.to_image(seen), world[patient_axis])
    assert layout.spacing(geometry) == (3.0, 2.0, 1.0)


def test_a_matrix_combines_the_samples_of_its_axis_only() -> None:
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    means = np.full((1, 3), 1 / 3, np.float32)
    np.testing.assert_allclose(combined(values, means, 1)[:, 0], values.mean(axis=1), rtol=1e-6)
