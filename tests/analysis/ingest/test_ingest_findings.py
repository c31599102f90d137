from __future__ import annotations

from analysis.findings import Severity
from analysis.ingest.header import ENHANCED_MR, StoredScale, VendorTags
from analysis.ingest.ingest_findings import copy_findings, damage_findings, vendor_findings
from analysis.ingest.stack_plans import SeriesPlan, StackPlan
from analysis.study import Component, Role, SkippedFile
from tests.analysis.ingest.headers import image_header, series_header


def plan(manufacturer: str, slopes: tuple[float, ...], scale_slope: float | None) -> SeriesPlan:
    series = series_header(manufacturer=manufacturer, sop_class_uid=ENHANCED_MR)
    stacks = tuple(
        StackPlan(
            (
                image_header(
                    series=series,
                    scale=StoredScale(slope=slope),
                    vendor=VendorTags(philips_scale_slope=scale_slope),
                ),
            ),
            Component.MAGNITUDE,
            1.2 + echo,
        )
        for echo, slope in enumerate(slopes)
    )
    return SeriesPlan(stacks[0].headers[0], Role.MULTI_ECHO, stacks, len(slopes))


def test_philips_echoes_on_different_scales_without_scale_slope_are_critical() -> None:
    (finding,) = vendor_findings([plan("Philips", (1.0, 2.0), None)])

    assert finding.code == "philips-scale-slope-missing"
    assert finding.severity is Severity.CRITICAL


def test_philips_echoes_with_their_scale_slope_are_fine() -> None:
    assert vendor_findings([plan("Philips", (1.0, 2.0), 0.5)]) == []


def test_philips_echoes_on_one_scale_are_fine() -> None:
    assert vendor_findings([plan("Philips", (2.0, 2.0), None)]) == []


def test_other_manufacturers_may_vary_their_scale() -> None:
    assert vendor_findings([plan("SIEMENS", (1.0, 2.0), None)]) == []


def test_enhanced_canon_exports_are_cautioned_once() -> None:
    plans = [plan("CANON_MEC", (1.0,), None), plan("CANON_MEC", (1.0,), None)]

    assert [finding.code for finding in vendor_findings(plans)] == ["vendor-export"]


def test_copies_are_counted_and_named() -> None:
    (finding,) = copy_findings([SkippedFile("IM1", "the same image as IM0")])

    assert finding.message.startswith("1 image(s) came twice")
    assert finding.evidence == "IM1"


def test_only_damaged_files_are_reported_as_damage() -> None:
    skipped = [SkippedFile("a", "damaged: x"), SkippedFile("b", "not a DICOM or NIfTI image")]

    (finding,) = damage_findings(skipped)

    assert finding.evidence == "a"
    assert damage_findings(skipped[1:]) == []
