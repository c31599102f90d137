from __future__ import annotations

import numpy as np
import pytest

from analysis.grading import (
    GUGLIELMO_LIC,
    MIDDLETON_2017_ADULT,
    TABLES,
    TANG_2013,
    GradingTable,
    fractions_by_band,
    grade,
)
from analysis.measurement import Measurement


def pdff(value: float) -> Measurement:
    return Measurement("PDFF", "liver", "mean", value, "%", 0.05, 1000, "fit")


def lic(value: float, error: float | None = 0.25) -> Measurement:
    return Measurement("LIC", "liver", "mean", value, "mg/g", error, 1000, "calibration")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-0.5, "S0"),
        (6.39, "S0"),
        (6.4, "S1"),
        (17.39, "S1"),
        (17.4, "S2"),
        (22.1, "S3"),
        (60, "S3"),
    ],
)
def test_the_cut_offs_of_tang_separate_the_grades(value: float, expected: str) -> None:
    assert grade(pdff(value), TANG_2013).grade == expected


def test_a_grade_names_its_range_its_table_and_that_it_is_no_histology() -> None:
    found = grade(pdff(12.0), TANG_2013)
    assert found.description == (
        "S1-equivalent (PDFF 6.4–17.4 %, Tang 2013), estimated from MRI, not histology"
    )
    assert "10.1148/radiol.12120896" in found.table
    assert "PDFF < 6.4 %" in grade(pdff(2.0), TANG_2013).description
    assert "PDFF ≥ 22.1 %" in grade(pdff(30.0), TANG_2013).description


@pytest.mark.parametrize(
    ("value", "borderline"),
    [(4.59, False), (4.61, True), (6.4, True), (8.19, True), (8.21, False), (12.0, False)],
)
def test_a_grade_is_borderline_within_the_repeatability_of_a_cut_off(
    value: float, *, borderline: bool
) -> None:
    assert grade(pdff(value), TANG_2013).is_borderline is borderline


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.5, "normal"), (1.8, "mild"), (3.2, "moderate"), (7.0, "severe"), (15.0, "extreme")],
)
def test_iron_is_graded_on_its_concentration(value: float, expected: str) -> None:
    found = grade(lic(value), GUGLIELMO_LIC)
    assert found.grade == expected
    assert found.description.startswith(expected.capitalize())


def test_an_iron_grade_is_borderline_within_the_interval_of_its_calibration() -> None:
    assert grade(lic(2.2, error=0.25), GUGLIELMO_LIC).is_borderline  # 0.4 < 1.96 x 0.25
    assert not grade(lic(2.2, error=0.2), GUGLIELMO_LIC).is_borderline
    assert not grade(lic(2.2, error=None), GUGLIELMO_LIC).is_borderline


def test_a_table_without_a_mild_grade_says_so() -> None:
    assert grade(pdff(10.0), MIDDLETON_2017_ADULT).grade == "S0-S1"


def test_a_table_grades_only_its_own_quantity() -> None:
    with pytest.raises(ValueError, match="does not grade LIC"):
        grade(lic(1.0), TANG_2013)


def test_cut_offs_must_increase_and_fit_the_grades() -> None:
    with pytest.raises(ValueError, match="do not increase"):
        GradingTable("x", "PDFF", ("a", "b", "c"), (5.0, 5.0), "")
    with pytest.raises(ValueError, match="one more grade"):
        GradingTable("x", "PDFF", ("a", "b"), (5.0, 6.0), "")


def test_table_names_are_unique_for_a_quantity() -> None:
    names = [(table.quantity, table.name) for table in TABLES]
    assert len(names) == len(set(names))


def test_the_shares_of_the_bands_are_those_of_the_voxels() -> None:
    values = np.array([1.0, 2.0, 6.4, 10.0, 20.0, 22.1, 30.0, 99.0])
    assert fractions_by_band(values, TANG_2013) == (
        ("S0", 25.0),
        ("S1", 25.0),
        ("S2", 12.5),
        ("S3", 37.5),
    )
