from __future__ import annotations

from dataclasses import replace

from analysis.export.page import build_page
from analysis.findings import Finding, Severity
from analysis.quantities import FAT_SIGNAL_FRACTION, T2STAR
from tests.analysis.small_liver import (
    default_maps,
    make_map,
    make_maps,
    make_report,
)


def test_the_verdict_names_fat_grade_table_iron_and_volume() -> None:
    verdict = build_page(make_report()).verdict
    assert "PDFF 4.5 %: S0-equivalent (PDFF < 6.4 %, Tang 2013)" in verdict
    assert "not histology" in verdict
    assert "R2* 50.0 s⁻¹" in verdict
    assert "LIC 0.64 mg/g: Normal" in verdict
    assert "Liver volume 810 ml" in verdict


def test_a_borderline_grade_is_called_so() -> None:
    page = build_page(make_report(make_maps(make_map(6.0))))
    assert page.headlines[0].is_borderline
    assert "borderline" in page.verdict
    assert "borderline" not in build_page(make_report(make_maps(make_map(12.0)))).verdict


def test_headlines_carry_the_texts_of_the_measurements() -> None:
    report = make_report()
    by_title = {headline.title: headline for headline in build_page(report).headlines}
    for key in ("PDFF", "R2*", "LIC"):
        mean = report.get(key, "liver")
        assert mean is not None
        assert by_title[key].value == mean.text
        assert by_title[key].error == mean.error_text
    assert any("11.5 µmol/g" in detail for detail in by_title["LIC"].details)
    assert any("hernando-2023 at 3 T" in detail for detail in by_title["LIC"].details)
    assert by_title["R2*"].details == ("Measured at 3 T",)


def test_every_headline_has_plain_words() -> None:
    maps = make_maps(make_map(9.0, FAT_SIGNAL_FRACTION), make_map(20.0, T2STAR))
    headlines = build_page(make_report(maps)).headlines
    assert [headline.title for headline in headlines] == ["FSF", "T2*", "Liver volume"]
    assert all(headline.words for headline in headlines)
    assert "not PDFF" in headlines[0].words
    assert headlines[0].grade == ""


def test_critical_findings_stand_before_the_numbers() -> None:
    critical = Finding("swap", Severity.CRITICAL, "Fat and water are swapped.")
    info = Finding("note", Severity.INFO, "A note.")
    page = build_page(make_report(default_maps(), info, critical))
    assert page.urgent_findings == (critical,)
    assert page.other_findings == (info,)


def test_a_report_without_maps_says_what_there_is() -> None:
    page = build_page(make_report(make_maps()))
    assert page.verdict == "Liver volume 810 ml."
    assert page.quantities == ()
    assert page.segments[0].cells == ()
    assert page.spread.rows == ()
    assert page.bands == ()


def test_the_patient_is_not_on_the_page() -> None:
    assert "P-0001" not in repr(build_page(make_report()))


def test_the_field_of_a_magnet_has_the_digits_of_the_screen() -> None:
    report = make_report()
    scan = replace(report.acquisition, field_strength_t=2.89355)
    page = build_page(replace(report, acquisition=scan))
    assert any("Measured at 2.89 T" in headline.details for headline in page.headlines)
    assert dict(page.facts)["Field strength"] == "2.89 T"
