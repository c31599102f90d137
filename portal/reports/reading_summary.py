"""How the result that a report page shows came about: for ``reports/_reading_summary.html``.

The page includes the partial with ``summary=reading_summary(report)``; without a scheme it is None
and nothing is shown. Reports reach a page once their study is locked, so readers may be named.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.reports.adjudication import DIFFERENCE_LABELS
from portal.reports.models import Impression, Reading, ReadingCase, Report
from portal.reports.reading_progress import POSITIONS
from portal.wording import said


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One signed reading; ``decision`` is an adjudicator's, with the reading that was picked."""

    position: str
    reader: str
    code: str
    quality: str
    quality_note: str
    impression: str
    decision: str
    signed_at: datetime | None
    is_final: bool
    is_this: bool


@dataclass(frozen=True, slots=True)
class ReadingSummary:
    """``is_final`` says whether the report on the page is the study's final result."""

    decided_by: str
    locked_at: datetime
    is_final: bool
    differences: tuple[str, ...]
    lines: tuple[SummaryLine, ...]


def reading_summary(report: Report) -> ReadingSummary | None:
    case = ReadingCase.objects.filter(study=report.study_id, locked_at__isnull=False).first()
    if case is None or case.final is None or case.locked_at is None:
        return None
    signed = case.readings.exclude(signed_at=None).select_related("reader", "report", "picked")
    lines = tuple(signed.order_by("position"))
    reports = [each.report_id for each in lines]
    words = dict(Impression.objects.filter(report__in=reports).values_list("report_id", "text"))
    return ReadingSummary(
        decided_by=said(str(case.get_decided_by_display())),
        locked_at=case.locked_at,
        is_final=case.final.report_id == report.pk,
        differences=tuple(said(DIFFERENCE_LABELS[name]) for name in case.differences or ()),
        lines=tuple(_line(each, case, report, words.get(each.report_id, "")) for each in lines),
    )


def _line(reading: Reading, case: ReadingCase, report: Report, impression: str) -> SummaryLine:
    return SummaryLine(
        position=said(POSITIONS[reading.position]),
        reader=str(reading.reader),
        code=reading.code,
        quality=said(str(reading.get_quality_display())),
        quality_note=reading.quality_note,
        impression=impression,
        decision=_decision(reading),
        signed_at=reading.signed_at,
        is_final=reading.pk == case.final_id,
        is_this=reading.report_id == report.pk,
    )


def _decision(reading: Reading) -> str:
    words = said(str(reading.get_decision_display()))
    return f"{words}: {reading.picked.code}" if reading.picked else words
