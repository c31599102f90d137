from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.change.repeatability import (
    NORMAL_95,
    OTHER_CONDITIONS,
    SAME_CONDITIONS,
    Repeatability,
    repeatability_of,
)
from analysis.change.verdict import (
    Change,
    Verdict,
    difference_text,
    judge,
    not_compared,
    spread_text,
)
from analysis.measurement import Measurement
from analysis.quantities import LIC, PDFF, R2STAR, VOLUME
from analysis.wording import words

RULE = Repeatability("PDFF", 1.8, 0.0, words("a paper"))


def fat(value: float) -> Measurement:
    return Measurement("PDFF", "liver", "mean", value, "%", 0.1, 100, "planted")


def change(before: float, after: float, error: float | None = 0.0, shared: float = 0.0) -> Change:
    return judge(fat(before), fat(after), error, RULE, shared)


def test_the_limit_adds_noise_to_the_published_coefficient_in_squares() -> None:
    found = change(10.0, 14.0, 2.0, 1.0)
    assert found.limit == pytest.approx(np.sqrt(1.8**2 + (NORMAL_95 * 2) ** 2 + NORMAL_95**2))
    assert found.verdict is Verdict.NO_REAL_CHANGE


def test_an_unknown_error_counts_as_none_and_stays_unknown() -> None:
    found = change(10.0, 13.0, None)
    assert found.limit == pytest.approx(1.8)
    assert found.standard_error is None
    assert found.error_text == ""


@given(st.floats(-5, 5))
def test_a_difference_is_real_only_beyond_the_limit(step: float) -> None:
    found = change(10.0, 10.0 + step)
    assert (found.verdict is Verdict.NO_REAL_CHANGE) == (abs(found.difference or 0) <= 1.8)


def test_unchanged_pairs_are_called_changed_at_most_once_in_twenty() -> None:
    """With a repeatability SD of RC / (1.96 √2) and noise besides."""
    rng = np.random.default_rng(1)
    spread = 1.8 / (NORMAL_95 * 2**0.5)
    draws = 12 + rng.normal(0, np.hypot(spread, 0.3), (4000, 2))
    verdicts = [change(a, b, 0.3 * 2**0.5).verdict for a, b in draws]
    false = sum(verdict is not Verdict.NO_REAL_CHANGE for verdict in verdicts) / len(verdicts)
    assert 0.03 < false < 0.065


def test_texts_have_sign_unit_and_digits_of_the_quantity() -> None:
    found = change(12.0, 7.74, 0.04)
    assert found.difference_text == "-4.3 points"
    assert found.error_text == "< 0.1 points"
    assert found.limit_text == "1.8 points"
    assert found.relative_text == "-36 %"
    assert found.verdict.words == "real fall"


def test_zero_has_no_sign_of_minus() -> None:
    assert difference_text(PDFF, -0.01) == "0.0 points"
    assert change(12.0, 11.999).relative_text == "+0 %"
    assert difference_text(VOLUME, 12.4) == "+12 ml"
    assert difference_text(R2STAR, 3.25) in {"+3.2 s⁻¹", "+3.3 s⁻¹"}
    assert spread_text(LIC, 0.123) == "0.12 mg/g"


def test_rows_that_are_not_compared_have_no_numbers() -> None:
    found = not_compared("PDFF", "liver", fat(10.0), None, words("not measured at this visit"))
    assert found.difference_text == found.limit_text == found.relative_text == ""
    assert found.verdict.words == "not compared"
    assert not_compared("PDFF", "liver", None, None, words("unknown")).difference_text == ""


def test_there_is_no_relative_change_of_nothing() -> None:
    assert change(0.0, 5.0).relative_percent is None
    assert change(-1.0, 5.0).relative_percent is None


def test_published_figures_give_the_limits() -> None:
    """PMC4819976, PMC8277031, PMC6457552, PMC9812021."""
    expected = {
        (True, "PDFF", 12.0): 1.8,
        (False, "PDFF", 12.0): 3.2,
        (True, "R2*", 100.0): 15.245,
        (False, "R2*", 100.0): 18.294,
        (True, "LIC", 2.0): 0.15245 * 2.16,
        (True, "volume", 1500.0): 174.6,
    }
    for (same, quantity, value), limit in expected.items():
        rule = repeatability_of(quantity, same_conditions=same)
        assert rule is not None
        assert rule.limit(value) == pytest.approx(limit, rel=1e-3)
        assert rule.limits(np.array([value, value]))[1] == pytest.approx(limit, rel=1e-3)


def test_every_limit_names_its_source_and_widens_under_other_conditions() -> None:
    for same, other in zip(SAME_CONDITIONS, OTHER_CONDITIONS, strict=True):
        assert same.quantity == other.quantity
        assert "PMC" in same.source.text
        assert "PMC" in other.source.text
        assert other.limit(50.0) >= same.limit(50.0)


def test_a_two_point_fat_fraction_has_no_limit() -> None:
    assert repeatability_of("FSF", same_conditions=True) is None
