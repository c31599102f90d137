"""What a printed report says about change since an earlier visit, as text."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.export.page_tables import Table
from analysis.export.trend_drawing import TrendDrawing


@dataclass(frozen=True, slots=True)
class PrintedChange:
    """The comparison with one earlier visit; every number comes as the text of ``Change``.

    Parameters
    ----------
    since
        Name and date of the earlier visit.
    problem
        Why nothing is compared; empty when something is.
    findings
        What limits trust in the differences, one sentence each, such as different fields.
    response
        Whether liver fat fell as far as goes with a response; empty without PDFF at both visits.
    liver
        A row a quantity: both values, change, relative change, limit and verdict.
    sources
        (quantity, where its limit comes from or why it is not compared).
    segments
        A row a segment, a column a quantity; None without segments.
    segments_note
        Which segments were compared.
    trends
        The quantities of the whole liver over all visits.
    """

    since: str
    problem: str
    findings: tuple[str, ...]
    response: str
    liver: Table | None
    sources: tuple[tuple[str, str], ...]
    segments: Table | None
    segments_note: str
    trends: tuple[TrendDrawing, ...] = ()
