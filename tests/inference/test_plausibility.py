from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import EmptySegmentation
from analysis.quantities import MR_SIGNAL
from analysis.volume import Geometry, Volume
from inference.plausibility import neighbour_correlation, relative_spread, require_anatomy

GRID = Geometry((40, 40, 20), np.diag([4.0, 4.0, 8.0, 1.0]))
RADIUS = np.hypot(*np.meshgrid(np.arange(40) - 20, np.arange(40) - 20, indexing="ij"))[:, :, None]
NOISE = np.random.default_rng(0).rayleigh(10.0, GRID.shape)


def image(values: np.ndarray) -> Volume:
    return Volume(np.broadcast_to(values, GRID.shape), GRID, MR_SIGNAL)


def test_a_bottle_is_no_abdomen() -> None:
    bottle = np.where(RADIUS < 12, 900, 0) + NOISE
    with pytest.raises(EmptySegmentation, match="uniform object") as caught:
        require_anatomy(image(bottle))
    assert caught.value.code == "no-liver"


def test_noise_is_no_abdomen() -> None:
    with pytest.raises(EmptySegmentation, match="only noise"):
        require_anatomy(image(NOISE))


def test_several_tissues_pass() -> None:
    body = np.select([RADIUS < 8, RADIUS < 14, RADIUS < 18], [500, 300, 900], 0)
    require_anatomy(image(body + NOISE))


def test_values_that_are_no_numbers_do_not_decide() -> None:
    body = np.select([RADIUS < 8, RADIUS < 14, RADIUS < 18], [500.0, 300.0, 900.0], 0) + NOISE
    body[0, 0, 0] = np.nan
    body[0, 0, 1] = np.inf
    require_anatomy(image(body))


def test_spread_and_correlation_of_known_images() -> None:
    levels = np.repeat(np.float32([1, 2, 3]), 100)
    assert relative_spread(levels) == pytest.approx(1.0)
    ramp = np.broadcast_to(np.arange(200, dtype=np.float32)[:, None, None], (200, 4, 2))
    assert neighbour_correlation(ramp) == pytest.approx(1.0, abs=0.02)
    assert abs(neighbour_correlation(NOISE.astype(np.float32))) < 0.05
