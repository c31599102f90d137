"""Figures as plotly JSON, built here and drawn by plotly.js; colours come from the page."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from analysis.anatomy import BY_KEY as STRUCTURE
from analysis.measurement import Histogram, Statistic
from analysis.quantities import BY_KEY as QUANTITY
from analysis.report import LiverReport


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
    figure.update_xaxes(range=_shown_range(histogram))
    figure.update_layout(meta={"region": structure.key, "quantity": quantity.key})
    plain: dict[str, Any] = figure.to_plotly_json()
    return plain


def _shown_range(histogram: Histogram) -> list[float]:
    """From the first to the last bin that holds a voxel, with one bin of air on each side."""
    filled = np.flatnonzero(histogram.counts)
    edges = histogram.edges
    if filled.size == 0:
        return [float(edges[0]), float(edges[-1])]
    width = float(edges[1] - edges[0])
    return [float(edges[filled[0]]) - width, float(edges[filled[-1] + 1]) + width]
