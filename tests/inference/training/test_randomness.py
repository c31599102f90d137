from __future__ import annotations

import torch

from inference.training.randomness import seeded
from tests.inference.training.conftest import CPU


def test_the_same_seed_draws_the_same_scalars_and_voxels() -> None:
    first, second = seeded(3, CPU), seeded(3, CPU)
    assert first.uniform(0, 1) == second.uniform(0, 1)
    assert torch.equal(first.normal_voxels((4, 4)), second.normal_voxels((4, 4)))


def test_smooth_noise_changes_slowly(random) -> None:
    field = random.smooth_noise((40, 32, 24), 4)
    assert field.shape == (1, 40, 32, 24)
    assert field.diff(dim=1).abs().max() < 0.5 * (field.amax() - field.amin())


def test_draws_stay_within_their_limits(random) -> None:
    assert all(7 <= random.log_uniform(7, 150) <= 150 for _ in range(50))
    assert {random.integer(1, 3) for _ in range(50)} == {1, 2, 3}
    assert not random.chance(0.0)
    assert random.chance(1.0)
