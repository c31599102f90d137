from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.measurement import Measurement, Statistic
from analysis.quantification import quantify
from analysis.report import build_report
from analysis.study import StudyDescription
from analysis.volume_norm import (
    EXPECTED,
    RATIO_TO_EXPECTED,
    body_surface_m2,
    expected_volume_ml,
    measure_norm,
    why_not_given,
)
from tests.analysis.small_liver import LABELS, default_maps, make_segmentation, make_selected

ADULT = StudyDescription("1.2", height_m=1.8, weight_kg=80.0, age_years=50.0)
LIVER_VOLUME = Measurement("volume", "liver", Statistic.TOTAL, 1740.56, "ml", None, 9, "voxels")


def test_the_expected_volume_is_that_of_the_published_formula() -> None:
    assert body_surface_m2(1.8, 80.0) == pytest.approx(2.0)
    assert expected_volume_ml(1.8, 80.0) == pytest.approx(1740.56)


def test_a_liver_of_the_expected_volume_has_the_ratio_one_without_a_claimed_error() -> None:
    expected, ratio = measure_norm(ADULT, [LIVER_VOLUME])
    assert (expected.statistic, expected.text) == (EXPECTED, "1741 ml")
    assert (ratio.statistic, ratio.text) == (RATIO_TO_EXPECTED, "1.00")
    assert ratio.value == pytest.approx(1.0)
    assert ratio.standard_error is None
    assert "10.1053/jlts.2002.31654" in ratio.method


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"height_m": None}, "not in the images' headers"),
        ({"weight_kg": None}, "not in the images' headers"),
        ({"age_years": 12.0}, "holds for adults"),
        ({"height_m": 180.0}, "not that of an adult"),
        ({"weight_kg": 0.0}, "not that of an adult"),
    ],
)
def test_nothing_is_invented_for_a_body_that_the_formula_does_not_know(
    changes: dict[str, float | None], why: str
) -> None:
    body = replace(ADULT, **changes)
    assert measure_norm(body, [LIVER_VOLUME]) == ()
    assert why in why_not_given(body)


def test_an_unknown_age_is_taken_for_an_adult_and_a_missing_volume_gives_nothing() -> None:
    assert measure_norm(replace(ADULT, age_years=None), [LIVER_VOLUME])
    assert measure_norm(ADULT, []) == ()


def test_the_report_holds_the_ratio_of_the_volume_that_it_shows() -> None:
    selected = replace(make_selected(), description=ADULT)
    maps = default_maps()
    report = build_report(selected, make_segmentation(), maps, quantify(maps, LABELS))
    volume = report.get("volume", "liver", Statistic.TOTAL)
    ratio = report.get("volume", "liver", RATIO_TO_EXPECTED)
    assert volume is not None
    assert ratio is not None
    assert ratio.value == pytest.approx(volume.value / 1740.56)
