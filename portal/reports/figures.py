"""Figures as plotly JSON, built here and drawn by plotly.js; colours come from the page."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from analysis.anatomy import BY_KEY as STRUCTURE
from analysis.measurement import Histogram, Statistic
from analysis.quantities import BY_KEY as QUANTITY
from analysis.report import LiverReport

_TAIL = 0.001  # of the voxels at each end are left outside of the first view


def find_histogram(report: LiverReport, quantity: str, region: str) -> Histogram | None:
    return next(
        (h for h in report.histograms if (h.quantity, h.region) == (quantity, region)), None
    )


def histogram_figure(report: LiverReport, histogram: Histogram) -> dict[str, Any]:
    """Return the figure of one histogram, with mean and median marked, as plotly JSON."""
    quantity = QUANTITY[histogram.quantity]
    structure = STRUCTURE[histogram.region]
    edges = np.asarray(histogram.edges)
    figure = go.Figure(
        go.Bar(
            x=((edges[:-1] + edges[1:]) / 2).tolist(),
            y=histogram.counts.tolist(),
            width=np.diff(edges).tolist(),
            customdata=np.stack([edges[:-1], edges[1:]], axis=1).tolist(),
            hovertemplate=f"%{{customdata[0]:.4g}} to %{{customdata[1]:.4g}} {quantity.unit}"
            "<br>%{y} voxels<extra></extra>",
        ),
        layout=go.Layout(
            template=go.layout.Template(),
            bargap=0,
            showlegend=False,
            dragmode="select",
            selectdirection="h",
            margin={"l": 52, "r": 12, "t": 8, "b": 40},
            xaxis={"title": {"text": f"{quantity.key} ({quantity.unit})"}, "fixedrange": True},
            yaxis={"title": {"text": "Voxels"}, "fixedrange": True, "rangemode": "tozero"},
        ),
    )
    for statistic, dash in ((Statistic.MEAN, "solid"), (Statistic.MEDIAN, "dot")):
        found = report.get(quantity.key, histogram.region, statistic)
        if found is not None:
            figure.add_vline(x=found.value, line={"width": 1.5, "dash": dash}, name=str(statistic))
    first, last = shown_bins(histogram)
    figure.update_xaxes(range=[float(edges[first]), float(edges[last])])
    beyond = _beyond(histogram, first, last)
    figure.update_layout(meta={"region": structure.key, "quantity": quantity.key, "beyond": beyond})
    plain: dict[str, Any] = figure.to_plotly_json()
    return plain


def shown_bins(histogram: Histogram) -> tuple[int, int]:
    """Return the first bin and the one after the last that hold all but 0.2 % of the voxels."""
    share = np.cumsum(histogram.counts) / max(int(histogram.counts.sum()), 1)
    first = int(np.searchsorted(share, _TAIL, side="right"))
    last = int(np.searchsorted(share, 1 - _TAIL, side="left")) + 1
    return max(first - 2, 0), min(last + 2, histogram.counts.size)


def _beyond(histogram: Histogram, first: int, last: int) -> str:
    inside = int(histogram.counts[first:last].sum())
    outside = int(histogram.counts.sum()) - inside
    return f"{outside} voxels lie outside this range" if outside else ""
