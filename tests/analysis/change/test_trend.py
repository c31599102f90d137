from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.change.trend import build_trend
from analysis.quantities import PDFF, R2STAR
from analysis.report import LiverReport
from analysis.study import Acquisition
from analysis.volume import Volume
from tests.analysis.change.pairs import report_of
from tests.analysis.small_liver import GRID, LABELS, make_map


def report(
    number: int, pdff: float, *, field_strength_t: float = 3.0, rate: float | None = 60.0
) -> LiverReport:
    maps = [make_map(pdff, error=0.01)]
    if rate is not None:
        maps.append(make_map(rate, R2STAR, error=0.05))
    image = Volume(np.ones(GRID.shape), GRID, PDFF)
    date = f"2026-{number:02d}-01"
    return report_of(tuple(maps), LABELS, image, field_strength_t, f"1.2.{number}", date)


def test_a_trend_has_a_point_a_visit_in_their_order_and_a_band_around_the_first() -> None:
    trend = build_trend([report(n, 12.0 - n) for n in range(1, 6)], "PDFF", "segment_4")
    assert [p.measurement.value for p in trend.points] == pytest.approx([11, 10, 9, 8, 7])
    assert [p.position for p in trend.points] == [0, 1, 2, 3, 4]
    assert trend.band == pytest.approx((11 - 1.8, 11 + 1.8))
    assert "PMC4819976" in trend.source


def test_visits_without_the_quantity_are_left_out() -> None:
    reports = [report(1, 10.0, rate=None), report(2, 10.0), report(3, 10.0, rate=70.0)]
    trend = build_trend(reports, "R2*", "liver")
    assert [p.position for p in trend.points] == [1, 2]
    assert build_trend(reports[:1], "R2*", "liver").points == ()
    assert build_trend([], "PDFF", "liver").band is None


def test_r2star_of_another_field_is_not_comparable_but_fat_is() -> None:
    reports = [report(1, 10.0), report(2, 10.0, field_strength_t=1.5, rate=30.0)]
    rates, fat = (build_trend(reports, key, "liver") for key in ("R2*", "PDFF"))
    assert [p.is_comparable for p in rates.points] == [True, False]
    assert [p.is_comparable for p in fat.points] == [True, True]
    assert fat.band == pytest.approx((10 - 3.2, 10 + 3.2))


def test_one_other_scanner_widens_the_band_for_all() -> None:
    other = replace(report(3, 10.0), acquisition=Acquisition("X", "Y", field_strength_t=3.0))
    trend = build_trend([report(1, 10.0), report(2, 10.0), other], "PDFF", "liver")
    assert trend.band == pytest.approx((6.8, 13.2))


def test_volume_is_followed_by_its_total() -> None:
    trend = build_trend([report(1, 10.0), report(2, 10.0)], "volume", "liver")
    assert trend.points[0].measurement.value == pytest.approx(810.0)


def test_without_known_repeatability_there_is_no_band() -> None:
    trend = build_trend([report(1, 10.0)], "TLFI", "liver")
    assert trend.band is None
