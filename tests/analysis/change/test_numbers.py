from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.change.conditions import conditions_of
from analysis.change.numbers import NumberComparison, compare_reports
from analysis.change.verdict import Verdict
from analysis.errors import UnusableInput
from analysis.findings import Finding, Severity
from analysis.iron import find_calibration, iron_map
from analysis.quantities import FAT_SIGNAL_FRACTION, LIC, PDFF, R2STAR, VOLUME
from analysis.report import LiverReport
from analysis.study import Acquisition
from analysis.volume import LabelMap, Volume
from tests.analysis.change.pairs import report_of, with_finding
from tests.analysis.small_liver import GRID, LABELS, make_map


def report(
    pdff: float = 12.0,
    rate: float = 60.0,
    *,
    field_strength_t: float | None = 3.0,
    uid: str = "1.2.1",
    date: str = "2026-01-05",
    labels: LabelMap = LABELS,
    has_iron: bool = True,
    fat: str = "PDFF",
) -> LiverReport:
    quantity = PDFF if fat == "PDFF" else FAT_SIGNAL_FRACTION
    maps = [make_map(pdff, quantity, error=0.01)]
    if has_iron:
        maps.append(make_map(rate, R2STAR, error=0.05))
    if has_iron and field_strength_t is not None:
        maps.append(iron_map(maps[1], find_calibration(field_strength_t)))
    image = Volume(np.ones(GRID.shape), GRID, quantity)
    return report_of(tuple(maps), labels, image, field_strength_t, uid, date)


def later(pdff: float = 12.0, rate: float = 60.0, **options: object) -> LiverReport:
    return report(pdff, rate, **{"uid": "1.2.2", "date": "2026-07-05"} | options)  # type: ignore[arg-type]  # options of report


def codes(comparison: NumberComparison) -> set[str]:
    return {finding.code for finding in comparison.findings}


BASELINE = report()


def test_two_equal_visits_show_no_real_change_and_nothing_to_say() -> None:
    result = compare_reports(BASELINE, later())
    assert {change.verdict for change in result.changes} == {Verdict.NO_REAL_CHANGE}
    assert {change.difference for change in result.changes} == {0.0}
    assert result.findings == ()
    assert result.conditions.are_repeated


def test_liver_and_segments_are_compared_in_every_quantity() -> None:
    result = compare_reports(BASELINE, later())
    names = ("1", "2", "3", "4", "4a", "4b", "5", "6", "7", "8")
    regions = ["liver", *(f"segment_{name}" for name in names)]
    for key in (PDFF.key, R2STAR.key, LIC.key, VOLUME.key):
        assert [c.region for c in result.changes if c.quantity == key] == regions


def without_segment(label: int) -> LabelMap:
    return LabelMap(np.where(LABELS.array == label, label - 1, LABELS.array), GRID)


@pytest.mark.parametrize("now", [True, False])
def test_the_parts_of_segment_4_are_compared_only_where_both_visits_have_them(now: bool) -> None:
    one, other = (LABELS, without_segment(4)) if now else (without_segment(4), LABELS)
    result = compare_reports(report(labels=one), later(labels=other))
    assert not {c.region for c in result.changes} & {"segment_4a", "segment_4b"}
    assert result.get("PDFF", "segment_4") is not None


def test_parts_of_segment_4_by_two_rules_are_not_compared() -> None:
    halves = later(labels=without_segment(3))  # II and III do not touch
    result = compare_reports(BASELINE, halves)
    part = result.get("PDFF", "segment_4a")
    assert part is not None
    assert part.verdict is Verdict.NOT_COMPARED
    assert "another rule" in part.reason
    whole = result.get("PDFF", "segment_4")
    assert whole is not None
    assert whole.verdict is Verdict.NO_REAL_CHANGE


def test_the_parts_of_segment_4_do_not_count_again_in_what_is_missing() -> None:
    result = compare_reports(BASELINE, later(labels=without_segment(4)))
    found = next(f for f in result.findings if f.code == "segments-of-one-visit")
    assert found.evidence == "segment 4"


@pytest.mark.parametrize(
    ("pdff", "verdict"),
    [(10.3, Verdict.NO_REAL_CHANGE), (10.1, Verdict.FELL), (14.1, Verdict.ROSE)],
)
def test_a_change_of_fat_is_real_beyond_1_8_points(pdff: float, verdict: Verdict) -> None:
    """PMC4819976; the noise of this liver adds less than 0.1 points."""
    change = compare_reports(BASELINE, later(pdff)).get("PDFF", "liver")
    assert change is not None
    assert change.verdict is verdict
    assert change.difference == pytest.approx(pdff - 12.0, abs=1e-4)
    assert change.limit == pytest.approx(1.8, abs=0.1)
    assert "PMC4819976" in change.reason


@settings(max_examples=25, deadline=None)
@given(st.floats(1.0, 40.0), st.floats(1.0, 40.0))
def test_exchanging_the_visits_turns_the_sign_and_nothing_else(one: float, other: float) -> None:
    there = compare_reports(report(one), later(other)).get("PDFF", "liver")
    back = compare_reports(report(other), later(one)).get("PDFF", "liver")
    assert there is not None
    assert back is not None
    assert there.difference == pytest.approx(-(back.difference or 0.0), abs=1e-9)
    assert there.limit == pytest.approx(back.limit)
    opposite = {Verdict.ROSE: Verdict.FELL, Verdict.FELL: Verdict.ROSE}
    assert back.verdict is opposite.get(there.verdict, there.verdict)


@pytest.mark.parametrize(
    ("after", "is_responder"), [(8.3, True), (8.5, False), (12.0, False), (20.0, False)]
)
def test_a_responder_lost_thirty_per_cent_of_the_fat(after: float, is_responder: bool) -> None:
    response = compare_reports(BASELINE, later(after)).response
    assert response is not None
    assert response.is_responder is is_responder
    assert response.relative_percent == pytest.approx(100 * (after - 12) / 12, abs=0.01)


def test_a_large_relative_fall_within_the_repeatability_is_no_response() -> None:
    response = compare_reports(report(3.0), later(1.9)).response
    assert response is not None
    assert response.relative_percent < -30
    assert not response.is_responder
    assert "does not count" in response.text


def test_without_fat_above_zero_there_is_no_relative_change() -> None:
    result = compare_reports(report(-0.5), later(2.0))
    assert result.response is None


def test_r2star_is_real_beyond_fifteen_per_cent_and_carries_over_to_iron() -> None:
    """1.96 √2 x 5.5 % = 15.2 % (PMC6457552)."""
    within = compare_reports(BASELINE, later(rate=68.0))
    beyond = compare_reports(BASELINE, later(rate=72.0))
    for key in ("R2*", "LIC"):
        one, other = within.get(key, "liver"), beyond.get(key, "liver")
        assert one is not None
        assert other is not None
        assert one.verdict is Verdict.NO_REAL_CHANGE
        assert other.verdict is Verdict.ROSE


def test_one_calibration_cancels_in_a_difference_of_iron() -> None:
    change = compare_reports(BASELINE, later(rate=72.0)).get("LIC", "liver")
    rate = compare_reports(BASELINE, later(rate=72.0)).get("R2*", "liver")
    assert change is not None
    assert rate is not None
    assert change.standard_error == pytest.approx(0.01349 * (rate.standard_error or 0))
    assert change.baseline is not None
    assert (change.baseline.standard_error or 0) > 10 * (change.standard_error or 1)


def test_different_fields_compare_iron_through_both_calibrations_and_not_r2star() -> None:
    result = compare_reports(report(rate=60.0, field_strength_t=1.5), later(rate=112.0))
    rate, iron, fat = (result.get(key, "liver") for key in ("R2*", "LIC", "PDFF"))
    assert rate is not None
    assert iron is not None
    assert fat is not None
    assert rate.verdict is Verdict.NOT_COMPARED
    assert "different" in rate.reason
    assert iron.verdict is Verdict.NO_REAL_CHANGE
    assert iron.limit == pytest.approx(0.75, abs=0.15)  # two intercepts of ± 0.48 mg/g
    assert fat.limit == pytest.approx(3.2, abs=0.1)
    assert "PMC8277031" in fat.reason
    assert "field-strengths-differ" in codes(result)
    assert "methods-differ" not in codes(result)


def test_an_unknown_field_strength_leaves_r2star_uncompared() -> None:
    result = compare_reports(report(field_strength_t=None), later())
    change = result.get("R2*", "liver")
    assert change is not None
    assert change.verdict is Verdict.NOT_COMPARED
    assert {"field-strength-unknown", "quantity-of-one-visit"} <= codes(result)


def test_r2star_of_one_visit_only_is_said_and_not_compared() -> None:
    result = compare_reports(report(has_iron=False), later())
    change = result.get("R2*", "liver")
    assert change is not None
    assert change.baseline is None
    assert change.follow_up is not None
    assert change.verdict is Verdict.NOT_COMPARED
    assert change.reason == "not measured at the earlier visit"
    assert change.difference_text == ""
    assert "quantity-of-one-visit" in codes(result)


def test_a_two_point_fat_fraction_is_never_set_against_a_pdff() -> None:
    result = compare_reports(report(fat="FSF"), later())
    for key in ("PDFF", "FSF"):
        change = result.get(key, "liver")
        assert change is not None
        assert change.verdict is Verdict.NOT_COMPARED
    assert result.response is None


def test_two_point_fat_fractions_have_no_known_repeatability() -> None:
    change = compare_reports(report(fat="FSF"), later(fat="FSF")).get("FSF", "liver")
    assert change is not None
    assert change.verdict is Verdict.NOT_COMPARED
    assert change.reason == "no repeatability is known"


def test_a_segment_of_one_visit_only_is_named() -> None:
    array = LABELS.array.copy()
    array[array == 3] = 2
    result = compare_reports(BASELINE, later(labels=LabelMap(array, GRID)))
    change = result.get("PDFF", "segment_3")
    assert change is not None
    assert change.follow_up is None
    found = next(f for f in result.findings if f.code == "segments-of-one-visit")
    assert found.evidence == "segment 3"


def test_a_cut_liver_has_no_change_of_volume() -> None:
    cut = Finding("liver-cut", Severity.WARNING, "The liver reaches the end of the images.")
    result = compare_reports(with_finding(BASELINE, cut), later())
    change = result.get("volume", "liver")
    assert change is not None
    assert change.verdict is Verdict.NOT_COMPARED
    assert "coverage-differs" in codes(result)


def test_different_patient_codes_are_critical_and_come_first() -> None:
    other = later()
    other = replace(other, description=replace(other.description, patient_id="S-2"))
    result = compare_reports(BASELINE, other)
    assert result.findings[0].code == "subjects-differ"
    assert result.findings[0].severity is Severity.CRITICAL


def test_visits_in_the_wrong_order_are_noticed() -> None:
    assert "visits-out-of-order" in codes(compare_reports(later(), BASELINE))


def test_another_scanner_widens_the_limits() -> None:
    other = later()
    other = replace(other, acquisition=Acquisition("Other", "Scanner", field_strength_t=3.0))
    result = compare_reports(BASELINE, other)
    change = result.get("PDFF", "liver")
    assert change is not None
    assert change.limit == pytest.approx(3.2, abs=0.1)
    assert codes(result) == {"scanners-differ"}


def test_another_fit_and_another_model_are_said() -> None:
    other = later()
    model = replace(other.models[0], version="2.0")
    result = compare_reports(BASELINE, replace(other, fit_method="another", models=(model,)))
    assert codes(result) == {"methods-differ", "models-differ"}
    assert not result.conditions.are_repeated


def test_another_iron_calibration_at_one_field_is_not_compared() -> None:
    wood = find_calibration(1.5, "wood-2005")
    maps = (make_map(12.0), make_map(60.0, R2STAR, error=2.0))
    image = Volume(np.ones(GRID.shape), GRID, PDFF)
    other = report_of((*maps, iron_map(maps[1], wood)), LABELS, image, 1.5, "1.2.2", "2026-07-05")
    result = compare_reports(report(field_strength_t=1.5), other)
    change = result.get("LIC", "liver")
    assert change is not None
    assert change.reason == "the visits use different iron calibrations"
    assert "methods-differ" in codes(result)


def test_fields_within_four_hundredths_are_one_field() -> None:
    assert conditions_of(report(field_strength_t=2.89), report(field_strength_t=2.893)).field
    assert not conditions_of(report(field_strength_t=2.89), report(field_strength_t=3.0)).field


def test_a_report_is_not_compared_with_itself() -> None:
    with pytest.raises(UnusableInput, match="same study"):
        compare_reports(BASELINE, BASELINE)
