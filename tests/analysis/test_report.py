from __future__ import annotations

from analysis.findings import Finding, Severity
from analysis.quantification import quantify
from analysis.report import DIVISION, INTENDED_USE, SCHEMA_VERSION, build_report, most_severe_first
from tests.analysis.small_liver import (
    LABELS,
    default_maps,
    make_map,
    make_maps,
    make_report,
    make_segmentation,
    make_selected,
)

INFO = Finding("a", Severity.INFO, "a")
WARNING = Finding("b", Severity.WARNING, "b")
CRITICAL = Finding("c", Severity.CRITICAL, "c")
LATER_WARNING = Finding("d", Severity.WARNING, "d")


def test_a_report_gathers_what_the_stages_found() -> None:
    selected, segmentation, maps = make_selected(), make_segmentation(), default_maps()
    measured = quantify(maps, LABELS)
    report = build_report(selected, segmentation, maps, measured, software=(("numpy", "2"),))
    assert report.schema_version == SCHEMA_VERSION
    assert report.description is selected.description
    assert report.acquisition is selected.acquisition
    assert report.choices == selected.choices
    assert report.measurements == measured.measurements
    assert report.histograms == measured.histograms
    assert report.grades == measured.grades
    assert report.models == segmentation.models
    assert report.segmentation_confidence == 0.93
    assert report.fit_method == maps.method
    assert report.methods[:-1] == maps.details
    assert report.methods[-1][0] == DIVISION
    assert report.software == (("numpy", "2"),)
    assert report.intended_use == INTENDED_USE


def test_findings_of_all_stages_come_most_severe_first_in_the_order_of_the_stages() -> None:
    maps = make_maps(make_map(5.0), findings=(CRITICAL,))
    report = build_report(
        make_selected(INFO, WARNING),
        make_segmentation(LABELS, LATER_WARNING),
        maps,
        quantify(maps, LABELS),
    )
    assert [f.code for f in report.findings] == ["c", "b", "d", "a"]


def test_a_finding_that_two_stages_carry_is_shown_once() -> None:
    assert most_severe_first((INFO, WARNING, INFO)) == (WARNING, INFO)


def test_a_measurement_is_looked_up_by_quantity_region_and_statistic() -> None:
    report = make_report()
    mean = report.get("PDFF", "segment_8")
    assert mean is not None
    assert mean.value == 8.0
    assert report.get("PDFF", "segment_8", "p95") is not None
    assert report.get("T2*", "liver") is None
