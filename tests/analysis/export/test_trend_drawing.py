from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.change.trend import Trend, build_trend
from analysis.export.trend_drawing import BOTTOM, TOP, TrendDrawing, draw_trend
from analysis.quantities import R2STAR
from tests.analysis.small_liver import by_segment, make_map, make_maps, make_report

NAMES = ("Baseline, 2026-01-02", "Month 6, 2026-07-02", "Month 12, 2027-01-02")


def trend_of(*percent: float) -> Trend:
    reports = [make_report(make_maps(make_map(by_segment([p] * 8)))) for p in percent]
    return build_trend(reports, "PDFF", "liver")


def drawing_of(trend: Trend, this: int = 1) -> TrendDrawing:
    drawing = draw_trend(trend, NAMES[: len(trend.points)], this)
    assert drawing is not None
    return drawing


def test_a_higher_value_stands_higher_and_visits_stand_in_their_order() -> None:
    points = drawing_of(trend_of(12.0, 9.0, 7.0)).points
    assert points[0].y < points[1].y < points[2].y
    assert points[0].x < points[1].x < points[2].x
    assert points[1].x == pytest.approx((points[0].x + points[2].x) / 2)
    assert all(TOP <= p.top <= p.y <= p.bottom <= BOTTOM for p in points)


def test_distances_are_in_proportion_to_differences() -> None:
    drawing = drawing_of(trend_of(12.0, 9.0, 7.5))
    first, second, third = (p.y for p in drawing.points)
    assert (third - second) / (second - first) == pytest.approx(0.5, abs=0.01)


def test_the_band_lies_around_the_first_visit_with_the_limit_on_either_side() -> None:
    trend = trend_of(12.0, 9.0)
    drawing = drawing_of(trend)
    assert trend.band is not None
    assert drawing.band is not None
    top, height = drawing.band
    first, second = drawing.points
    assert top + height / 2 == pytest.approx(first.y, abs=0.02)
    a_point = (second.y - first.y) / 3.0
    assert height == pytest.approx((trend.band[1] - trend.band[0]) * a_point, abs=0.05)


def test_words_hold_every_value_and_the_drawing_those_of_the_first_and_this_visit() -> None:
    drawing = drawing_of(trend_of(12.0, 9.0, 7.0))
    assert drawing.words == (
        "Baseline, 2026-01-02: 12.0 %; Month 6, 2026-07-02: 9.0 %; Month 12, 2027-01-02: 7.0 %"
    )
    assert [point.text for point in drawing.points] == ["12.0 %", "9.0 %", ""]
    assert [label.text for label in drawing.labels] == list(NAMES)
    assert drawing.title == "Proton density fat fraction (%)"


def test_what_cannot_be_compared_is_not_joined() -> None:
    reports = [make_report(make_maps(make_map(50.0 + n, R2STAR))) for n in range(3)]
    scan = replace(reports[1].acquisition, field_strength_t=1.5)
    reports[1] = replace(reports[1], acquisition=scan)
    drawing = drawing_of(build_trend(reports, "R2*", "liver"))
    assert [point.is_comparable for point in drawing.points] == [True, False, True]
    assert [x for x, _ in drawing.line] == [drawing.points[0].x, drawing.points[2].x]


def test_values_that_are_all_the_same_still_have_an_axis() -> None:
    trend = replace(trend_of(12.0, 12.0), band=None)
    drawing = drawing_of(trend)
    assert drawing.band is None
    assert {point.y for point in drawing.points} == {(TOP + BOTTOM) / 2}


def test_one_visit_is_no_trend() -> None:
    assert draw_trend(trend_of(12.0), NAMES[:1], 0) is None
