"""The change since an earlier visit for print: the text of the page's own section."""

from __future__ import annotations

from analysis.anatomy import LIVER
from analysis.change.trend import build_trend
from analysis.change.verdict import Verdict
from analysis.export.page_tables import MISSING, Table
from analysis.export.printed_change import PrintedChange
from analysis.export.trend_drawing import TrendDrawing, draw_trend
from portal.accounts.models import User
from portal.reports.change_page import (
    ChangeCell,
    ChangePage,
    ChangeRow,
    SegmentChanges,
    build_change_page,
)
from portal.reports.change_visits import may_see_visit_order, visits_of
from portal.reports.models import Report
from portal.reports.pages import FindingLine

_HEADER = ("Change", "Relative", "Real beyond", "Verdict")


def printed_change(report: Report, *, reader: User) -> PrintedChange | None:
    """Return the change as the page shows it first; None without an earlier visit.

    A reader who may not know the order of visits gets none on paper either.
    """
    if not may_see_visit_order(reader, report):
        return None
    page = build_change_page(reader, report, None)
    baseline = next((visit for visit in page.visits if visit.is_baseline), None)
    if baseline is None:
        return None
    return PrintedChange(
        since=f"{baseline.name}, {baseline.date}",
        problem=page.problem,
        findings=tuple(_finding(each) for each in page.findings),
        response=_response(page),
        liver=_liver(page) if page.liver else None,
        sources=tuple((row.name, row.reason) for row in page.liver),
        segments=_segments(page.segments) if page.segments else None,
        segments_note=page.segments.note if page.segments else "",
        trends=_trends(reader, report, page.quantities),
    )


def _trends(reader: User, report: Report, quantities: tuple[str, ...]) -> tuple[TrendDrawing, ...]:
    """Return what the page's trend shows, of each quantity of the whole liver."""
    visits = visits_of(reader, report)
    this = next(n for n, visit in enumerate(visits) if visit.report.pk == report.pk)
    names = [f"{visit.name}, {visit.date}" for visit in visits]
    numbers = [visit.numbers for visit in visits]
    found = (draw_trend(build_trend(numbers, q, LIVER.key), names, this) for q in quantities)
    return tuple(drawing for drawing in found if drawing is not None)


def _finding(finding: FindingLine) -> str:
    parts = (finding.message, finding.action, finding.evidence and f"({finding.evidence})")
    return " ".join(part for part in parts if part)


def _response(page: ChangePage) -> str:
    if not page.response:
        return ""
    return f"{'Responder' if page.is_responder else 'No responder'}. {page.response}"


def _liver(page: ChangePage) -> Table:
    return Table(
        ("Whole liver", page.baseline, "This visit", *_HEADER),
        tuple(_row(row) for row in page.liver),
    )


def _row(row: ChangeRow) -> tuple[str, ...]:
    error = f" ± {row.error}" if row.error else ""
    return (
        row.name,
        row.baseline or MISSING,
        row.follow_up or MISSING,
        f"{row.difference}{error}" or MISSING,
        row.relative,
        f"± {row.limit}" if row.limit else "",
        row.verdict,
    )


def _segments(segments: SegmentChanges) -> Table:
    rows = tuple((name, *(_cell(cell) for cell in cells)) for name, cells in segments.rows)
    return Table(("Segment", *segments.columns), rows)


def _cell(cell: ChangeCell) -> str:
    if cell.verdict_key == Verdict.NOT_COMPARED.value:
        return cell.verdict
    return f"{cell.text}, {cell.verdict}" if cell.verdict else MISSING
