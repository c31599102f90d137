from __future__ import annotations

import numpy as np

from analysis.maps.body_mask import find_body


def scene() -> tuple[np.ndarray, np.ndarray]:
    """A round body with a gas bubble and a dark, iron-loaded organ; noise in the air."""
    x, y, _ = np.meshgrid(*(np.linspace(-1, 1, n) for n in (60, 60, 3)), indexing="ij")
    body = x**2 + y**2 < 0.6
    image = np.where(body, 100.0, 0.0)
    image[(x - 0.3) ** 2 + y**2 < 0.02] = 0.0
    image[(x + 0.3) ** 2 + y**2 < 0.05] = 15.0
    rng = np.random.default_rng(0)
    noisy = np.abs(image + rng.normal(0, 1, image.shape) + 1j * rng.normal(0, 1, image.shape))
    return noisy.astype(np.float32)[None], body


def test_the_body_is_found_with_its_gas_and_its_dark_organs() -> None:
    magnitude, body = scene()
    assert (find_body(magnitude, 1.0) == body).mean() > 0.999


def test_islands_outside_the_body_are_left_out() -> None:
    magnitude, body = scene()
    magnitude[0, 1:3, 1:3, 1] = 90.0
    assert not find_body(magnitude, 1.0)[1:3, 1:3, 1].any()
    assert body[30, 30, 1]


def test_an_image_without_background_is_all_body() -> None:
    assert find_body(np.full((2, 5, 5, 2), 7.0, np.float32), None).all()


def test_an_empty_image_has_no_body() -> None:
    assert not find_body(np.zeros((2, 5, 5, 2), np.float32), None).any()
