"""The context of the comparison of a report with an earlier visit; every number is text."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from analysis.anatomy import LIVER, SEGMENTS, STRUCTURES
from analysis.change.images import ImageComparison
from analysis.change.numbers import NumberComparison, compare_reports
from analysis.change.repeatability import COMPARED
from analysis.change.verdict import Change, Verdict
from analysis.errors import UnusableInput
from analysis.quantities import BY_KEY as QUANTITY
from analysis.quantities import Quantity
from portal.reports.change_jobs import comparison_of, has_images, result_of
from portal.reports.change_models import Comparison
from portal.reports.change_visits import (
    VisitReport,
    choose_baseline,
    earlier_visits,
    visits_of,
)
from portal.reports.models import Report
from portal.reports.pages import FindingLine, MapChoice, Region, ViewerData
from portal.reports.selectors import Viewer
from portal.reports.verdict import build_findings
from portal.wording import said, say

FIRST_VISIT = gettext_noop("This is the first visit of the subject that can be compared.")
NOT_SEGMENTAL = ("volume",)
DELTA_SCALE = "delta"


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
class DeltaPicture:
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class ImageState:
    """How far the comparison of images is; ``state`` is empty when nobody asked for it."""

    state: str
    label: str
    percent: int
    text: str
    error: str
    url: str
    quality: str
    real: tuple[tuple[str, str], ...] = ()
    pictures: tuple[DeltaPicture, ...] = ()
    viewer: ViewerData | None = None


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
        regions=tuple((s.key, s.name) for s in STRUCTURES if s.key in measured),
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
    columns = [q for q in COMPARED if any((q, s.key) in found for s in SEGMENTS)]
    if is_registered:
        columns = [q for q in columns if q not in NOT_SEGMENTAL]
    rows = tuple(
        (s.name, tuple(_cell(found.get((q, s.key))) for q in columns))
        for s in SEGMENTS
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


def image_state(
    baseline: Report,
    follow_up: Report,
    comparison: Comparison | None,
    images: ImageComparison | None,
) -> ImageState | None:
    """Return how far the comparison of images is; None when there are no images to compare."""
    if images is None and not (has_images(baseline) and has_images(follow_up)):
        return None
    ids = [follow_up.pk, baseline.pk]
    is_lost = comparison is not None and comparison.state == "succeeded" and images is None
    state = "" if comparison is None or is_lost else comparison.state
    return ImageState(
        state=state,
        label=comparison.get_state_display() if comparison and state else "",
        percent=round(100 * comparison.progress) if comparison else 0,
        text=comparison.progress_text if comparison else "",
        error=said(comparison.error_message) if comparison else "",
        url=reverse("reports:change-images", args=ids),
        quality=_quality(images) if images else "",
        real=_real(images) if images else (),
        pictures=_pictures(images, comparison.pk) if images and comparison else (),
        viewer=_viewer(images, comparison.pk) if images and comparison and images.maps else None,
    )


def _quality(images: ImageComparison) -> str:
    quality = images.quality
    return _(
        "Livers overlap with Dice %(dice)s after registration (%(rigid)s after the rigid motion "
        "alone); folded %(folded)s, covered %(covered)s."
    ) % {
        "dice": f"{quality.dice:.2f}",
        "rigid": f"{quality.rigid_dice:.2f}",
        "folded": f"{quality.folded_percent:.1f} %",
        "covered": f"{quality.covered_percent:.0f} %",
    }


def _real(images: ImageComparison) -> tuple[tuple[str, str], ...]:
    return tuple((m.quantity.key, f"{m.real_percent:.0f} %") for m in images.maps)


def file_url(comparison_id: UUID, name: str) -> str:
    return reverse("reports:change-volume", args=[comparison_id, name])


def stem_of(key: str) -> str:
    """Return the name of a quantity in addresses: ``r2`` for R2*."""
    return slugify(key)


def reach_of(quantity: Quantity) -> float:
    """Return the change at either end of the scale of differences, in the quantity's unit."""
    low, high = quantity.display
    return round((high - low) / 4, 3)


def _pictures(images: ImageComparison, comparison_id: UUID) -> tuple[DeltaPicture, ...]:
    return tuple(
        DeltaPicture(
            reverse("reports:change-picture", args=[comparison_id, stem_of(m.quantity.key)]),
            _("%(quantity)s: earlier visit laid on this one, this visit, change, real change")
            % {"quantity": m.quantity.key},
        )
        for m in images.maps
    )


def _viewer(images: ImageComparison, comparison_id: UUID) -> ViewerData:
    maps = []
    for found in images.maps:
        key, unit = found.quantity.key, found.quantity.unit
        low, high = found.quantity.display
        reach = reach_of(found.quantity)
        stem = stem_of(key)
        rows = (
            (f"Δ {key}", "shown-change", 0.0, 2 * reach, DELTA_SCALE),
            (_("%(map)s earlier") % {"map": key}, "baseline", low, high, "viridis"),
            (_("%(map)s now") % {"map": key}, "follow-up", low, high, "viridis"),
        )
        for name, part, bottom, top, scale in rows:
            url = file_url(comparison_id, f"{stem}-{part}")
            maps.append(_map_choice(f"{stem}-{part}", name, unit, url, (bottom, top), scale))
    return ViewerData(
        anatomy_url=file_url(comparison_id, "anatomy"),
        segments_url=file_url(comparison_id, "segments"),
        maps=tuple(maps),
        regions=tuple(
            Region(s.key, s.name, s.label, "#{:02x}{:02x}{:02x}".format(*s.colour))
            for s in STRUCTURES
        ),
        voxel_url="",
        histogram_url="",
        density_url="",
    )


def _map_choice(
    key: str, name: str, unit: str, url: str, shown: tuple[float, float], scale: str
) -> MapChoice:
    return MapChoice(
        key=key,
        name=name,
        words=name,
        unit=unit,
        url=url,
        low=shown[0],
        high=shown[1],
        scale=scale,
        histogram=False,
    )
