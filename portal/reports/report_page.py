"""From a stored report to the context of its page."""

from __future__ import annotations

from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from analysis.anatomy import LIVER, STRUCTURES
from analysis.export.colour_range import ERROR_SCALE, scale_of
from analysis.export.page import UNCERTAINTY_VALUES, build_page, uncertainty_words
from analysis.quantities import BY_KEY as QUANTITY
from analysis.quantities import FIT_RESIDUAL, PDFF, R2STAR
from analysis.report import LiverReport
from portal.reports.documents import MapEntry, liver_report, stored_maps
from portal.reports.figures import find_histogram
from portal.reports.liver_diagram import build_diagrams
from portal.reports.models import Report
from portal.reports.pages import Download, MapChoice, Picture, Region, ReportPage, ViewerData
from portal.reports.report_ranges import shown_range
from portal.reports.roi_page import build_rois
from portal.reports.segment_table import build_table
from portal.reports.selectors import Viewer, files_of, may_sign
from portal.reports.sign_off_page import build_sign_off
from portal.reports.table_words import named, named_bands, named_facts, named_series
from portal.reports.verdict import build_findings, build_verdict, limits_trust
from portal.reports.viewer_files import ERROR_SUFFIX, PICTURES
from portal.wording import said

SHORT_NAMES = {FIT_RESIDUAL.key: gettext_noop("Residual")}
_ERROR_PART = 0.25  # of the range of the values
PDF_FILE = "report.pdf"


def build_report_page(user: Viewer, report: Report) -> ReportPage:
    numbers = liver_report(report)
    text = build_page(numbers)
    study, scan = report.study, numbers.acquisition
    viewer = _viewer(report, numbers)
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
        findings=build_findings(numbers.findings),
        limits_trust=limits_trust(numbers),
        table=build_table(numbers),
        diagrams=build_diagrams(numbers),
        spread=named(text.spread),
        bands=named_bands(numbers),
        facts=named_facts(text.facts, numbers.method_words),
        series=named_series(text.series),
        uncertainty_note=_uncertainty_note(numbers),
        intended_use=said(numbers.intended_use),
        pictures=_pictures(report, viewer),
        downloads=downloads,
        viewer=viewer,
        csv_url=reverse("reports:segments", args=[report.pk]),
        pdf_url=reverse("reports:print", args=[report.pk]) if viewer else _stored_pdf(downloads),
        record_url=reverse("reports:record", args=[report.pk]),
        run_url=reverse("runs:detail", args=[report.run_id]),
        rois=build_rois(user, report, numbers),
        sign_off=build_sign_off(user, report, numbers),
        may_correct=may_sign(user, report),
        correction=_correction(report),
    )


def _uncertainty_note(numbers: LiverReport) -> str:
    words = uncertainty_words(numbers)
    return _(words) % UNCERTAINTY_VALUES if words else ""


def _correction(report: Report) -> str:
    if report.dice_with_machine is None:
        return ""
    return _(
        "Mask corrected by %(who)s: %(why)s. Dice with the model's liver %(dice)s; version 1 has "
        "the model's."
    ) % {
        "who": report.made_by,
        "why": report.reason.rstrip("."),
        "dice": f"{report.dice_with_machine:.3f}",
    }


def _stored_pdf(downloads: tuple[Download, ...]) -> str:
    """Return the analysis's own PDF: without the images no other can be set."""
    return next((file.url for file in downloads if file.name == PDF_FILE), "")


def _viewer(report: Report, numbers: LiverReport) -> ViewerData | None:
    stored = stored_maps(report.run_id)
    if stored is None:
        return None
    maps = [choice for each in stored for choice in _choices(report, numbers, each)]
    # Uncertainty comes after all values: it is looked at second.
    maps.sort(key=lambda choice: choice.key.endswith(ERROR_SUFFIX))
    return ViewerData(
        anatomy_url=_image_url(report, "anatomy"),
        segments_url=_image_url(report, "segments"),
        maps=tuple(maps),
        regions=tuple(
            Region(s.key, said(s.name), s.label, "#{:02x}{:02x}{:02x}".format(*s.colour))
            for s in STRUCTURES
        ),
        voxel_url=reverse("api-report-voxel", args=[report.pk]),
        histogram_url=reverse("api-report-histogram", args=[report.pk]),
        density_url=_density_url(report, maps),
    )


def _density_url(report: Report, maps: list[MapChoice]) -> str:
    keys = {each.key for each in maps}
    has_both = {PDFF.key, R2STAR.key} <= keys
    return reverse("api-report-density", args=[report.pk]) if has_both else ""


def _choices(report: Report, numbers: LiverReport, stored: MapEntry) -> list[MapChoice]:
    quantity = QUANTITY[stored.key]
    low, high = shown_range(numbers, quantity)
    histogram = find_histogram(numbers, quantity.key, LIVER.key) is not None
    choices = [
        MapChoice(
            key=quantity.key,
            name=_(SHORT_NAMES.get(quantity.key, quantity.key)),
            words=said(quantity.name),
            unit=quantity.unit,
            url=_image_url(report, quantity.key),
            low=low,
            high=high,
            scale=scale_of(quantity),
            histogram=histogram,
        )
    ]
    if stored.has_error:
        choices.append(
            replace(
                choices[0],
                key=f"{quantity.key}{ERROR_SUFFIX}",
                name=f"{quantity.key} ±",
                words=_("Standard error of %(quantity)s in each voxel")
                % {"quantity": quantity.key},
                url=_image_url(report, f"{quantity.key}{ERROR_SUFFIX}"),
                low=0.0,
                high=(high - low) * _ERROR_PART,
                scale=ERROR_SCALE,
                histogram=False,
            )
        )
    return choices


def _image_url(report: Report, name: str) -> str:
    return reverse("reports:image", args=[report.pk, name])


def _pictures(report: Report, viewer: ViewerData | None) -> tuple[Picture, ...]:
    values = [m for m in viewer.maps if not m.key.endswith(ERROR_SUFFIX)] if viewer else []
    return tuple(
        Picture(
            url=reverse("reports:picture", args=[report.pk, each.key, n]),
            text=_(
                "%(map)s, slice %(n)s of %(of)s from the top, colours from %(low)s to %(high)s "
                "%(unit)s"
            )
            % {
                "map": each.name,
                "n": n + 1,
                "of": PICTURES,
                "low": f"{each.low:g}",
                "high": f"{each.high:g}",
                "unit": each.unit,
            },
        )
        for each in values
        for n in range(PICTURES)
    )


def _downloads(report: Report) -> tuple[Download, ...]:
    return tuple(
        Download(
            name=file.name,
            size_bytes=file.size_bytes,
            url=reverse("reports:file", args=[report.pk, file.name]),
        )
        for file in files_of(report)
    )
