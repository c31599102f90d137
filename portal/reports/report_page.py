"""From a stored report to the context of its page."""

from __future__ import annotations

from django.urls import reverse

from analysis.anatomy import LIVER, SEGMENTS, STRUCTURES
from analysis.errors import OutputFailed
from analysis.export.page import build_page
from analysis.report import LiverReport
from portal.reports.documents import liver_report, study_images
from portal.reports.figures import find_histogram
from portal.reports.images import StudyImages, TurnedMap
from portal.reports.models import Report
from portal.reports.pages import Download, MapChoice, Picture, Region, ReportPage, ViewerData
from portal.reports.segment_table import build_table
from portal.reports.selectors import Viewer, files_of, may_sign
from portal.reports.sign_off_page import build_sign_off
from portal.reports.verdict import build_findings, build_verdict, limits_trust
from portal.reports.viewer_files import ERROR_SCALE, ERROR_SUFFIX, SCALES, picture_slices
from portal.runs.models import StageState

PICTURES = 5
PDF_FILE = "report.pdf"


def build_report_page(user: Viewer, report: Report) -> ReportPage:
    numbers = liver_report(report)
    text = build_page(numbers)
    study, scan = report.study, numbers.acquisition
    downloads = _downloads(report)
    return ReportPage(
        report_id=str(report.pk),
        title=f"{study.subject.code}, {study.visit.name}",
        subject=study.subject.code,
        visit=study.visit.name,
        trial=study.trial.name,
        site=study.site.name,
        study_date=numbers.description.study_date,
        scanner=" ".join(part for part in (scan.manufacturer, scan.model) if part),
        version=report.version,
        created_at=report.created_at,
        sha256=report.sha256,
        verdict=build_verdict(numbers),
        findings=build_findings(numbers),
        limits_trust=limits_trust(numbers),
        table=build_table(numbers),
        spread=text.spread,
        bands=text.bands,
        facts=text.facts,
        series=text.series,
        uncertainty_note=text.uncertainty_note,
        intended_use=numbers.intended_use,
        pictures=_pictures(report),
        downloads=downloads,
        viewer=_viewer(report, numbers),
        csv_url=reverse("reports:segments", args=[report.pk]),
        pdf_url=next((file.url for file in downloads if file.name == PDF_FILE), ""),
        run_url=reverse("runs:detail", args=[report.run_id]),
        sign_off=build_sign_off(user, report, numbers),
        may_correct=may_sign(user, report),
        correction=_correction(report),
    )


def _correction(report: Report) -> str:
    if report.dice_with_machine is None:
        return ""
    return (
        f"Mask corrected by {report.made_by}: {report.reason}. "
        f"Dice with the model's liver {report.dice_with_machine:.3f}; version 1 has the model's."
    )


def images_or_none(report: Report) -> StudyImages | None:
    """Return the images, or None when they are not stored any more: the numbers still stand."""
    stages = report.run.stages.filter(stage__in=("select", "segment", "map"))
    if any(row.state != StageState.SUCCEEDED for row in stages) or len(stages) < 3:
        return None
    try:
        return study_images(report)
    except OutputFailed:
        return None


def _viewer(report: Report, numbers: LiverReport) -> ViewerData | None:
    images = images_or_none(report)
    if images is None:
        return None
    maps = [choice for each in images.maps for choice in _choices(report, numbers, each)]
    # Uncertainty comes after all values: it is looked at second.
    maps.sort(key=lambda choice: choice.key.endswith(ERROR_SUFFIX))
    return ViewerData(
        anatomy_url=_image_url(report, "anatomy"),
        segments_url=_image_url(report, "segments"),
        maps=tuple(maps),
        regions=tuple(
            Region(s.key, s.name, s.label, "#{:02x}{:02x}{:02x}".format(*s.colour))
            for s in STRUCTURES
        ),
        voxel_url=reverse("api-report-voxel", args=[report.pk]),
        histogram_url=reverse("api-report-histogram", args=[report.pk]),
    )


def _choices(report: Report, numbers: LiverReport, each: TurnedMap) -> list[MapChoice]:
    key, unit = each.quantity.key, each.quantity.unit
    low, high = each.quantity.display
    has_histogram = find_histogram(numbers, key, LIVER.key) is not None
    url = _image_url(report, key)
    choices = [MapChoice(key, key, unit, url, low, high, SCALES[key], has_histogram)]
    if each.standard_error is not None:
        name, top = f"{key} ±", (high - low) / 8
        url = _image_url(report, f"{key}{ERROR_SUFFIX}")
        choices.append(
            MapChoice(f"{key}{ERROR_SUFFIX}", name, unit, url, 0.0, top, ERROR_SCALE, False)
        )
    return choices


def _image_url(report: Report, name: str) -> str:
    return reverse("reports:image", args=[report.pk, name])


def _pictures(report: Report) -> tuple[Picture, ...]:
    images = images_or_none(report)
    if images is None:
        return ()
    slices = picture_slices(images, PICTURES)
    return tuple(
        Picture(
            url=reverse("reports:picture", args=[report.pk, each.quantity.key, k]),
            text=f"{each.quantity.key}, {_height(images, k)}, colours from "
            f"{each.quantity.display[0]:g} to {each.quantity.display[1]:g} {each.quantity.unit}",
        )
        for each in images.maps
        for k in slices
    )


def _height(images: StudyImages, k: int) -> str:
    centre = [(size - 1) / 2 for size in images.geometry.shape[:2]]
    height = images.geometry.affine @ [*centre, k, 1]
    return f"height {height[2]:+.0f} mm"


def _downloads(report: Report) -> tuple[Download, ...]:
    return tuple(
        Download(
            name=file.name,
            size_bytes=file.size_bytes,
            url=reverse("reports:file", args=[report.pk, file.name]),
        )
        for file in files_of(report)
    )


def region_name(label: int) -> str:
    return next((f"Segment {s.name}" for s in SEGMENTS if s.label == label), "Outside the liver")
