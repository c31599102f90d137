from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.refinement_features import local_mean, noise_level, signals, spread_choice

SHAPE = (40, 36, 20)
SPACING = (2.0, 2.0, 4.0)


def whole(shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    return np.ones(shape, bool)


@given(count=st.integers(1, 64), most=st.integers(1, 8))
def test_at_most_the_allowed_images_are_chosen_first_and_in_order(count: int, most: int) -> None:
    chosen = spread_choice(count, most)
    assert chosen[0] == 0
    assert len(chosen) == min(count, most)
    assert list(chosen) == sorted(set(chosen))
    assert most == 1 or chosen[-1] == count - 1


@pytest.mark.parametrize("sigma", [0.5, 3.0])
def test_the_noise_level_is_found_beside_a_ramp(sigma: float) -> None:
    ramp = np.linspace(0, 500, SHAPE[0])[:, None, None]
    noisy = ramp + np.random.default_rng(1).normal(0, sigma, SHAPE)
    assert noise_level(noisy.astype(np.float32), whole()) == pytest.approx(sigma, rel=0.05)


def test_the_noise_of_no_voxels_is_zero() -> None:
    assert noise_level(np.ones(SHAPE, np.float32), np.zeros(SHAPE, bool)) == 0


def test_the_ratios_of_echoes_do_not_know_the_coil() -> None:
    rng = np.random.default_rng(2)
    echoes = [(scale * rng.uniform(0.8, 1.2, SHAPE)).astype(np.float32) for scale in (100, 80, 60)]
    coil = np.exp(np.linspace(-0.3, 0.3, SHAPE[0]))[:, None, None].astype(np.float32)
    plain = signals(echoes, whole())
    shaded = signals([echo * coil for echo in echoes], whole())
    brightness = np.abs(shaded[0] - plain[0]).max()
    assert brightness > 0.4
    assert np.abs(shaded[1:] - plain[1:]).max() < 0.1 * brightness


def test_channels_are_a_rotation_so_that_no_distance_is_lost() -> None:
    rng = np.random.default_rng(3)
    one, other = (np.exp(rng.normal(5, 0.3, SHAPE)).astype(np.float32) for _ in range(2))
    channels = signals([one, other], whole())
    alone = np.stack([signals([image], whole())[0] for image in (one, other)])
    assert np.square(channels).sum() == pytest.approx(np.square(alone).sum(), rel=1e-4)


def test_air_is_dark_and_finite() -> None:
    image = np.full(SHAPE, 100, np.float32)
    image[:10] = 0
    values = signals([image], image > 0)
    assert np.isfinite(values).all()
    assert values[0, 0, 0, 0] < values[0, -1, 0, 0] - 4


def test_hounsfield_units_are_taken_as_they_are() -> None:
    image = np.full(SHAPE, -1000, np.float32)
    image[10:] = 60
    assert np.array_equal(signals([image], image > 0)[0], image)


def test_a_constant_is_its_own_local_mean_also_far_from_any_weight() -> None:
    weight = np.zeros(SHAPE, np.float32)
    weight[:6, :6, :4] = 1
    values = np.full((2, *SHAPE), 7.0, np.float32)
    assert np.allclose(local_mean(values, weight, 10.0, SPACING), 7.0, atol=1e-3)


def test_the_local_mean_follows_a_slow_change_and_ignores_what_has_no_weight() -> None:
    ramp = np.broadcast_to(np.linspace(0, 1, SHAPE[0])[:, None, None], SHAPE).astype(np.float32)
    weight = np.ones(SHAPE, np.float32)
    spoilt = ramp.copy()
    spoilt[:, :18], weight[:, :18] = 99, 0
    found = local_mean(spoilt[None], weight, 8.0, SPACING)[0]
    middle = slice(10, -10)
    assert np.abs(found - ramp)[middle, 18:].max() < 0.08


@pytest.mark.parametrize("shape", [(7, 5, 3), (1, 1, 1), (40, 36, 20)])
def test_any_shape_keeps_its_shape(shape: tuple[int, int, int]) -> None:
    values = np.ones((1, *shape), np.float32)
    assert local_mean(values, np.ones(shape, np.float32), 20.0, SPACING).shape == (1, *shape)
