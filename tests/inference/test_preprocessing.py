from __future__ import annotations

import numpy as np
import pytest

from analysis.quantities import MR_SIGNAL
from analysis.volume import Geometry, Volume
from inference.preprocessing import network_grid, normalise, prepare_on, resample
from inference.recipes import Normalisation


def ramp(geometry: Geometry) -> np.ndarray:
    index = np.indices(geometry.shape).reshape(3, -1)
    world = geometry.affine[:3, :3] @ index + geometry.affine[:3, 3:]
    return (world[0] + 2 * world[1] + 3 * world[2]).reshape(geometry.shape).astype(np.float32)


def oblique() -> Geometry:
    angle = np.deg2rad(20)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([1.5, 1.5, 3.0])
    affine[:3, 3] = (-50, 20, 10)
    return Geometry((60, 60, 30), affine)


def test_a_linear_image_keeps_its_world_values_on_an_oblique_grid() -> None:
    source = oblique()
    target = network_grid(source, 4.0)
    moved = resample(ramp(source), source, target)
    centre = tuple(n // 2 for n in target.shape)
    block = tuple(slice(c - 4, c + 4) for c in centre)
    np.testing.assert_allclose(moved[block], ramp(target)[block], atol=0.05)


def test_the_network_grid_covers_every_voxel() -> None:
    source = oblique()
    target = network_grid(source, 4.0)
    to_target = np.linalg.inv(target.affine) @ source.affine
    ends = np.array(np.meshgrid(*[(0, n - 1) for n in source.shape], [1])).reshape(4, -1)
    index = (to_target @ ends)[:3]
    assert index.min() >= -0.5
    assert (index.max(axis=1) <= np.array(target.shape) - 0.5).all()


def test_a_checkerboard_is_averaged_and_not_aliased() -> None:
    checker = (np.indices((64, 64, 64)).sum(axis=0) % 2).astype(np.float32)
    source = Geometry((64, 64, 64), np.diag([1.0, 1.0, 1.0, 1.0]))
    coarse = resample(checker, source, network_grid(source, 4.0))
    assert np.abs(coarse[4:-4, 4:-4, 4:-4] - 0.5).max() < 0.02


def test_percentiles_of_positive_voxels_ignore_the_background() -> None:
    values = np.concatenate([np.zeros(1000), np.linspace(10, 20, 101)]).astype(np.float32)
    result = normalise(values, Normalisation(0, 100, positive_only=True))
    assert result[1000] == 0
    assert result[-1] == 1
    assert result[1050] == pytest.approx(0.5)


def test_intensities_lie_between_zero_and_one() -> None:
    rng = np.random.default_rng(1)
    grid = Geometry((30, 30, 30), np.diag([2.0, 2.0, 2.0, 1.0]))
    volume = Volume(rng.normal(100, 50, grid.shape), grid, MR_SIGNAL)
    target = network_grid(grid, 4.0)
    image = prepare_on(target, volume, Normalisation(1, 99, positive_only=True))
    assert target.spacing_mm == (4.0, 4.0, 4.0)
    assert image.shape == target.shape
    assert image.min() == 0
    assert image.max() == 1
