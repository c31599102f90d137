"""The context of the comparison of a report with an earlier visit; every number is text."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from analysis.anatomy import LIVER, REGIONS, STRUCTURES
from analysis.change.images import ImageComparison
from analysis.change.numbers import NumberComparison, compare_reports
from analysis.change.repeatability import COMPARED
from analysis.change.verdict import Change, Verdict
from analysis.errors import UnusableInput
from analysis.quantities import BY_KEY as QUANTITY
from portal.reports.change_images_page import ImageState, image_state
from portal.reports.change_jobs import comparison_of, result_of
from portal.reports.change_visits import (
    VisitReport,
    choose_baseline,
    earlier_visits,
    visits_of,
)
from portal.reports.models import Report
from portal.reports.pages import FindingLine
from portal.reports.selectors import Viewer
from portal.reports.verdict import build_findings
from portal.wording import said, say

FIRST_VISIT = gettext_noop("This is the first visit of the subject that can be compared.")
NOT_SEGMENTAL = ("volume",)
_SEGMENTS = tuple(region for region in REGIONS if region is not LIVER)  # with IVa and IVb


@dataclass(frozen=True, slots=True)
class VisitChoice:
    """A visit of the subject; ``baseline_url`` is empty for this one and for later ones."""

    name: str
    date: str
    url: str
    baseline_url: str
    is_this: bool
    is_baseline: bool
    is_signed: bool


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One line of a table of change."""

    name: str
    baseline: str
    follow_up: str
    difference: str
    error: str
    relative: str
    limit: str
    verdict: str
    verdict_key: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeCell:
    text: str
    verdict: str
    verdict_key: str
    title: str


@dataclass(frozen=True, slots=True)
class SegmentChanges:
    """Change by segment: a column a quantity."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[ChangeCell, ...]], ...]
    note: str


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Context of ``reports/change.html`` and ``reports/_change.html`` (as ``change``)."""

    report_id: str
    title: str
    report_url: str
    page_url: str
    visits: tuple[VisitChoice, ...]
    baseline: str
    problem: str
    findings: tuple[FindingLine, ...] = ()
    liver: tuple[ChangeRow, ...] = ()
    segments: SegmentChanges | None = None
    response: str = ""
    is_responder: bool = False
    images: ImageState | None = None
    trend_url: str = ""
    quantities: tuple[str, ...] = ()
    regions: tuple[tuple[str, str], ...] = ()
    csv_url: str = ""


def build_change_page(user: Viewer, report: Report, wanted: str | None) -> ChangePage:
    visits = visits_of(user, report)
    baseline = choose_baseline(earlier_visits(visits, report), wanted)
    page = ChangePage(
        report_id=str(report.pk),
        title=f"{report.study.subject.code}, {report.study.visit.name}",
        report_url=reverse("reports:detail", args=[report.pk]),
        page_url=reverse("reports:change", args=[report.pk]),
        visits=tuple(_choice(visit, visits, report, baseline) for visit in visits),
        baseline=baseline.name if baseline else "",
        problem="" if baseline else _(FIRST_VISIT),
    )
    if baseline is None:
        return page
    this = next(visit for visit in visits if visit.report.pk == report.pk)
    try:
        numbers = compare_reports(baseline.numbers, this.numbers)
    except UnusableInput as error:
        return _replace(page, problem=say(error.words))
    return _with_numbers(page, numbers, baseline, this)


def _replace(page: ChangePage, **values: object) -> ChangePage:
    fields = {name: getattr(page, name) for name in ChangePage.__slots__}
    return ChangePage(**fields | values)


def _with_numbers(
    page: ChangePage, numbers: NumberComparison, baseline: VisitReport, this: VisitReport
) -> ChangePage:
    comparison = comparison_of(baseline.report, this.report)
    images = result_of(comparison) if comparison else None
    response = numbers.response
    liver = [change for change in numbers.changes if change.region == LIVER.key]
    measured = {change.region for change in numbers.changes}
    ids = [this.report.pk, baseline.report.pk]
    return _replace(
        page,
        findings=build_findings(images.findings if images else numbers.findings),
        liver=tuple(_row(change) for change in liver),
        segments=_segments(numbers, images),
        response=say(response.words) if response else "",
        is_responder=bool(response and response.is_responder),
        images=image_state(baseline.report, this.report, comparison, images),
        trend_url=reverse("api-report-trend", args=[this.report.pk]),
        quantities=tuple(change.quantity for change in liver),
        regions=tuple((s.key, said(s.name)) for s in STRUCTURES if s.key in measured),
        csv_url=reverse("reports:change-csv", args=ids),
    )


def _choice(
    visit: VisitReport,
    visits: tuple[VisitReport, ...],
    report: Report,
    baseline: VisitReport | None,
) -> VisitChoice:
    is_this = visit.report.pk == report.pk
    is_earlier = visit in earlier_visits(visits, report)
    address = f"{reverse('reports:change', args=[report.pk])}?baseline={visit.report.pk}"
    return VisitChoice(
        name=visit.name,
        date=visit.date,
        url=reverse("reports:detail", args=[visit.report.pk]),
        baseline_url=address if is_earlier else "",
        is_this=is_this,
        is_baseline=visit is baseline,
        is_signed=visit.is_signed,
    )


def _row(change: Change) -> ChangeRow:
    return ChangeRow(
        name=change.quantity if change.quantity != "volume" else _("Volume"),
        baseline=change.baseline.text if change.baseline else "",
        follow_up=change.follow_up.text if change.follow_up else "",
        difference=change.difference_text,
        error=change.error_text,
        relative=change.relative_text,
        limit=change.limit_text,
        verdict=said(change.verdict.words),
        verdict_key=change.verdict.value,
        reason=said(change.reason),
    )


def _segments(numbers: NumberComparison, images: ImageComparison | None) -> SegmentChanges | None:
    """Return the segments' changes: of the same tissue once images were compared."""
    is_registered = bool(images and images.changes)
    source = images.changes if images and images.changes else numbers.changes
    found = {(c.quantity, c.region): c for c in source}
    columns = [q for q in COMPARED if any((q, s.key) in found for s in _SEGMENTS)]
    if is_registered:
        columns = [q for q in columns if q not in NOT_SEGMENTAL]
    rows = tuple(
        (said(s.name), tuple(_cell(found.get((q, s.key))) for q in columns))
        for s in _SEGMENTS
        if any((q, s.key) in found for q in columns)
    )
    if not rows:
        return None
    note = _("The same tissue at both visits: this visit's segments, laid on the earlier images.")
    own = _("Each visit's own segments; borders drawn differently show as change.")
    titles = tuple(f"{q} ({QUANTITY[q].unit})" for q in columns)
    return SegmentChanges(titles, rows, note if is_registered else own)


def _cell(change: Change | None) -> ChangeCell:
    if change is None:
        return ChangeCell("", "", "", "")
    error = f" ± {change.error_text}" if change.error_text else ""
    is_compared = change.verdict is not Verdict.NOT_COMPARED
    reason = said(change.reason)
    limit = _("limit %(limit)s, %(reason)s") % {"limit": change.limit_text, "reason": reason}
    title = limit if is_compared else reason
    text = f"{change.difference_text}{error}" if is_compared else "–"
    return ChangeCell(text, said(change.verdict.words), change.verdict.value, title)
