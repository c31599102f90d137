from __future__ import annotations

import numpy as np
import pytest

from inference.refinement_appearance import (
    Cluster,
    beside_liver,
    log_likelihood_ratio,
    log_student,
    main_cluster,
    mixture,
)

SHAPE = (30, 30, 24)
SPACING = (3.0, 3.0, 4.0)


def test_the_student_density_integrates_to_one() -> None:
    grid = np.linspace(-400, 400, 400_001)
    density = np.exp(log_student(grid[:, None], Cluster(1.0, np.array([2.0]), np.array([[9.0]]))))
    assert np.trapezoid(density, grid) == pytest.approx(1, abs=1e-3)
    assert grid[density.argmax()] == pytest.approx(2.0, abs=0.01)


def test_one_vector_in_six_from_elsewhere_does_not_move_the_liver() -> None:
    rng = np.random.default_rng(4)
    liver = rng.multivariate_normal([1, 2, 3], np.diag([1.0, 0.25, 4.0]), 5000)
    leak = rng.multivariate_normal([9, -6, 3], np.eye(3), 1000)
    cluster, kept = main_cluster(np.concatenate([liver, leak]))
    assert np.abs(cluster.centre - [1, 2, 3]).max() < 0.1
    assert np.allclose(np.diag(cluster.covariance), [1.0, 0.25, 4.0], rtol=0.25)
    assert kept[:5000].mean() > 0.95
    assert kept[5000:].mean() < 0.02


def test_a_constant_sample_still_has_a_width() -> None:
    cluster, kept = main_cluster(np.full((100, 2), 5.0))
    assert kept.all()
    assert np.linalg.det(cluster.covariance) > 0


def test_a_mixture_finds_the_tissues_it_was_drawn_from() -> None:
    rng = np.random.default_rng(5)
    centres = np.array([[0.0, 0.0], [12.0, 0.0], [0.0, 15.0]])
    drawn = np.concatenate([rng.normal(c, 1.0, (800, 2)) for c in centres])
    found = mixture(drawn, count=3)
    assert sum(cluster.share for cluster in found) == pytest.approx(1)
    for centre in centres:
        assert min(np.linalg.norm(cluster.centre - centre) for cluster in found) < 0.3


def test_more_tissues_than_there_are_do_no_harm() -> None:
    found = mixture(np.random.default_rng(6).normal(0, 1, (200, 3)), count=10)
    assert all(np.isfinite(cluster.centre).all() for cluster in found)
    assert all(np.linalg.eigvalsh(cluster.covariance).min() >= 1 for cluster in found)


def shaded_liver() -> tuple[np.ndarray, np.ndarray]:
    """Return two channels of a liver under a coil (the first channel), and its core."""
    rng = np.random.default_rng(7)
    core = np.zeros(SHAPE, bool)
    core[8:22, 8:22, 4:20] = True
    shading = np.linspace(-0.2, 0.2, SHAPE[0])[:, None, None]
    brightness = 5 + shading + rng.normal(0, 0.02, SHAPE)
    ratio = -0.3 + rng.normal(0, 0.05, SHAPE)
    return np.stack([brightness, ratio]).astype(np.float32), core


def test_liver_beside_itself_has_mean_zero_and_unit_spread() -> None:
    features, core = shaded_liver()
    relative = beside_liver(features, core, SPACING)[:, core]
    assert np.abs(relative.mean(axis=1)).max() < 0.15
    assert np.allclose(np.cov(relative), np.eye(2), atol=0.25)


def test_a_vessel_in_the_core_stands_out() -> None:
    features, core = shaded_liver()
    features[1, 14:16, 14:16, 4:20] += 1.0
    relative = beside_liver(features, core, SPACING)
    assert np.abs(relative[1, 14:16, 14:16, 4:20]).min() > 8


def test_what_looks_like_liver_and_not_like_the_surroundings_is_likely_liver() -> None:
    rng = np.random.default_rng(8)
    relative = rng.normal(0, 1, (2, *SHAPE)).astype(np.float32)
    relative[:, :15] += 10
    around = np.zeros(SHAPE, bool)
    around[:8] = True
    ratio = np.zeros(SHAPE)
    ratio[:] = log_likelihood_ratio(relative, np.ones(SHAPE, bool), around).reshape(SHAPE)
    assert (ratio[20:] > 0).mean() > 0.97
    assert (ratio[8:15] < 0).mean() > 0.99


def test_surroundings_that_look_the_same_say_next_to_nothing() -> None:
    relative = np.random.default_rng(9).normal(0, 1, (3, *SHAPE)).astype(np.float32)
    around = np.zeros(SHAPE, bool)
    around[:15] = True
    ratio = log_likelihood_ratio(relative, ~around, around)
    assert abs(float(np.median(ratio))) < 1.0


def test_the_same_images_give_the_same_answer() -> None:
    relative = np.random.default_rng(10).normal(0, 3, (2, *SHAPE)).astype(np.float32)
    around = np.zeros(SHAPE, bool)
    around[:15] = True
    first, second = (log_likelihood_ratio(relative, ~around, around) for _ in range(2))
    assert np.array_equal(first, second)
