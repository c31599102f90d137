from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.fit_result import EchoModel
from analysis.maps.magnitude_kernels import (
    ACCUMULATOR_SIZE,
    GF,
    GR,
    GW,
    MARGIN,
    RR,
    WF,
    WW,
    leaves_limits,
    limit_fraction,
    normal_equations,
    solve_3x3,
    solve_along_limit,
)
from analysis.maps.rice_table import rice_bias_table
from analysis.signal.fat_spectrum import SIX_PEAK
from tests.analysis.maps.phantoms import ECHO_TIMES_MS

MODEL = EchoModel.of(ECHO_TIMES_MS[3.0], 3.0, SIX_PEAK)
RICE = rice_bias_table()


def equations(state: np.ndarray, signal: np.ndarray, sigma: float) -> tuple[float, np.ndarray]:
    sums = np.empty(ACCUMULATOR_SIZE)
    cost = normal_equations(
        signal, *state, MODEL.times_ms.copy(), *MODEL.magnitude_terms, sigma, RICE, sums
    )
    return cost, sums


@pytest.mark.parametrize("sigma", [0.0, 1.0, 12.0])
def test_the_analytic_gradient_is_that_of_the_cost(sigma: float) -> None:
    signal = np.array([80.0, 60.0, 66.0, 58.0, 30.0, 25.0])
    state = np.array([70.0, 20.0, 0.12])
    _, sums = equations(state, signal, sigma)
    for place, step in ((GW, 1e-4), (GF, 1e-4), (GR, 1e-7)):
        index = (GW, GF, GR).index(place)
        shift = np.zeros(3)
        shift[index] = step
        slope = (
            equations(state + shift, signal, sigma)[0] - equations(state - shift, signal, sigma)[0]
        )
        assert -slope / (4 * step) == pytest.approx(sums[place], rel=2e-3, abs=1e-3)


def test_the_step_solves_the_normal_equations() -> None:
    _, sums = equations(np.array([70.0, 20.0, 0.12]), np.linspace(90, 30, 6), 0.0)
    normal = np.array([[sums[WW], sums[WF], sums[2]], [sums[WF], sums[3], sums[4]],
                       [sums[2], sums[4], sums[RR]]])  # fmt: skip
    expected = np.linalg.solve(normal, sums[[GW, GF, GR]])
    np.testing.assert_allclose(solve_3x3(sums, 0.0), expected, rtol=1e-9)


def test_the_fat_fraction_is_held_at_its_limits() -> None:
    water, fat = limit_fraction(130.0, -30.0)
    assert (water + fat, fat) == (pytest.approx(100.0), pytest.approx(-100 * MARGIN))
    assert limit_fraction(60.0, 40.0) == (pytest.approx(60.0), pytest.approx(40.0))


def test_a_step_out_of_the_limits_is_seen() -> None:
    low = limit_fraction(130.0, -30.0)
    assert leaves_limits(*low, 1.0, -1.0)
    assert not leaves_limits(*low, -1.0, 1.0)
    assert not leaves_limits(60.0, 40.0, 1.0, -1.0)


def test_a_step_along_the_limit_keeps_the_fraction() -> None:
    _, sums = equations(np.array([110.0, -10.0, 0.12]), np.linspace(90, 30, 6), 0.0)
    water, fat, _ = solve_along_limit(sums, 0.0, -0.1)
    assert fat / (water + fat) == pytest.approx(-0.1)
