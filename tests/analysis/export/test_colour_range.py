from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.export.colour_range import SCALES, colour_range, scale_of
from analysis.quantities import LIC, PDFF, R2STAR, WATER, Quantity


def test_r2star_of_a_liver_without_iron_is_not_black() -> None:
    assert colour_range(R2STAR, 55.0) == (0.0, 75.0)


@pytest.mark.parametrize(
    ("quantity", "p95", "high"),
    [
        (PDFF, 5.0, 10.0),
        (PDFF, 15.0, 20.0),
        (PDFF, 33.0, 40.0),
        (PDFF, 99.0, 100.0),
        (LIC, 9.0, 16.0),
    ],
)
def test_the_upper_end_doubles_until_it_holds_the_liver(
    quantity: Quantity, p95: float, high: float
) -> None:
    assert colour_range(quantity, p95) == (0.0, high)


def test_what_was_not_measured_has_the_usual_range() -> None:
    assert colour_range(PDFF, None) == PDFF.display


@given(st.floats(-10, 2000), st.floats(-10, 2000))
def test_a_higher_liver_never_has_a_lower_range(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert colour_range(R2STAR, low)[1] <= colour_range(R2STAR, high)[1]


@given(st.floats(-10, 1700))
def test_the_range_holds_the_95th_percentile(p95: float) -> None:
    assert colour_range(R2STAR, p95)[1] >= p95


def test_every_quantity_has_a_scale() -> None:
    assert scale_of(PDFF) == SCALES["PDFF"]
    assert scale_of(WATER) == "viridis"
