from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.noise_level import background_sigma, residual_sigma


def drawn(share_of_air: float, sigma: float = 2.5) -> np.ndarray:
    rng = np.random.default_rng(1)
    shape = (3, 64, 64, 4)
    body = np.arange(64)[:, None, None] >= 64 * share_of_air
    signal = np.broadcast_to(np.where(body, 60.0, 0.0), shape)
    noise = rng.normal(0, sigma, shape) + 1j * rng.normal(0, sigma, shape)
    return np.abs(signal + noise).astype(np.float32)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_air_gives_the_noise_of_one_channel(share: float) -> None:
    assert background_sigma(drawn(share)) == pytest.approx(2.5, rel=0.05)


def test_a_masked_image_has_no_noise_to_measure() -> None:
    magnitude = drawn(0.5)
    magnitude[:, :32] = 0
    assert background_sigma(magnitude) is None


def test_tissue_without_air_is_not_taken_for_noise() -> None:
    assert background_sigma(np.full((3, 20, 20, 2), 50.0, np.float32)) is None


def test_residuals_give_the_noise_although_a_minority_fits_badly() -> None:
    rng = np.random.default_rng(2)
    squares = 4.0 * rng.chisquare(3, 20_000)
    squares[:800] *= 100
    assert residual_sigma(squares.astype(np.float32), 3) == pytest.approx(2.0, rel=0.04)
