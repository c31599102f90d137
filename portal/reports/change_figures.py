"""A quantity over a subject's visits as a plotly figure; colours come from the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from analysis.anatomy import BY_KEY as STRUCTURE
from analysis.change.repeatability import NORMAL_95
from analysis.change.trend import Trend, TrendPoint, build_trend
from analysis.quantities import BY_KEY as QUANTITY
from portal.reports.change_visits import VisitReport
from portal.wording import said

BAND_FILL = "rgba(128, 128, 128, 0.18)"


def trend_figure(
    visits: Sequence[VisitReport], this: VisitReport, quantity: str, region: str
) -> dict[str, Any] | None:
    """Return the trend with the band of no real change; None when no visit has the quantity."""
    trend = build_trend([visit.numbers for visit in visits], quantity, region)
    if not trend.points:
        return None
    shown = QUANTITY[quantity]
    figure = go.Figure(
        _series(trend, visits, this),
        layout=go.Layout(
            template=go.layout.Template(),
            showlegend=False,
            dragmode=False,
            margin={"l": 56, "r": 16, "t": 8, "b": 48},
            xaxis={"type": "category", "fixedrange": True, "automargin": True},
            yaxis={
                "title": {"text": f"{shown.key} ({shown.unit})"},
                "fixedrange": True,
            },
            meta={
                "quantity": quantity,
                "region": region,
                "title": f"{said(STRUCTURE[region].name)}, {shown.name}",
                "source": said(trend.source),
                "edges": [],  # nothing here can be brushed
            },
        ),
    )
    if trend.band:
        figure.add_hrect(
            y0=trend.band[0], y1=trend.band[1], fillcolor=BAND_FILL, line_width=0, layer="below"
        )
    plain: dict[str, Any] = figure.to_plotly_json()
    return plain


def _series(trend: Trend, visits: Sequence[VisitReport], this: VisitReport) -> list[go.Scatter]:
    labels = axis_labels(visits)
    parts = ([p for p in trend.points if p.is_comparable], [
        p for p in trend.points if not p.is_comparable
    ])  # fmt: skip
    return [
        go.Scatter(
            x=[labels[p.position] for p in points],
            y=[p.measurement.value for p in points],
            error_y={"type": "data", "array": [_half_width(p) for p in points], "thickness": 1.2},
            mode="lines+markers" if is_line else "markers",
            marker={
                "size": [12 if visits[p.position] is this else 7 for p in points],
                "symbol": "circle" if is_line else "x",
            },
            text=[_words(p, is_line) for p in points],
            hovertemplate="%{x}<br>%{text}<extra></extra>",
        )
        for points, is_line in zip(parts, (True, False), strict=True)
        if points
    ]


def _half_width(point: TrendPoint) -> float:
    return NORMAL_95 * (point.measurement.standard_error or 0.0)


def _words(point: TrendPoint, is_comparable: bool) -> str:
    text = point.measurement.text
    return (
        text
        if is_comparable
        else _("%(value)s, another field strength: not comparable") % {"value": text}
    )


def axis_labels(visits: Sequence[VisitReport]) -> list[str]:
    """Return name and date of each visit; equal ones get a number, so that each has its place."""
    labels: list[str] = []
    for visit in visits:
        label = f"{visit.name}<br>{visit.date}"
        count = sum(known.startswith(label) for known in labels)
        labels.append(f"{label} ({count + 1})" if count else label)
    return labels
