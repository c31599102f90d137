from __future__ import annotations

import numpy as np
import pytest

from analysis.signal.noise import add_complex_noise, rice_mean


@pytest.mark.parametrize("signal", [0.0, 0.5, 2.0, 6.0])
def test_the_rician_mean_matches_drawn_magnitudes(signal: float) -> None:
    rng = np.random.default_rng(5)
    drawn = np.abs(add_complex_noise(np.full(400_000, signal + 0j), 1.0, rng)).mean()
    assert rice_mean(np.array([signal]), 1.0)[0] == pytest.approx(drawn, abs=0.006)


def test_far_above_noise_the_bias_is_half_the_inverse_ratio() -> None:
    assert rice_mean(np.array([40.0]), 1.0)[0] - 40.0 == pytest.approx(1 / 80, rel=1e-3)


def test_noise_has_the_given_spread_in_both_channels() -> None:
    noisy = add_complex_noise(np.full(200_000, 3 + 4j), 0.25, np.random.default_rng(7))
    assert noisy.real.std() == pytest.approx(0.25, rel=0.01)
    assert noisy.imag.std() == pytest.approx(0.25, rel=0.01)
    assert noisy.mean() == pytest.approx(3 + 4j, abs=0.003)
