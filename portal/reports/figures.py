"""Figures as plotly JSON, built here and drawn by plotly.js; colours come from the page.

``layout.meta`` of every figure has what the page needs beside the drawing: the region, the bins
with their counts (for the brush), and how many voxels lie outside the first view.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from django.utils.translation import gettext as _

from analysis.anatomy import BY_KEY as STRUCTURE
from analysis.measurement import Histogram, Statistic
from analysis.quantities import BY_KEY as QUANTITY
from analysis.report import LiverReport
from portal.reports.kernel import Curve, kernel_curves

# For plotly.js, which fills in what is after a percent sign.
_BAR_HOVER = (
    "%{{customdata[0]:.4g}}–%{{customdata[1]:.4g}} {unit}<br>{voxels}: %{{y}}<extra></extra>"
)
_TAIL = 0.005  # of the voxels at each end are left outside of the first view


def find_histogram(report: LiverReport, quantity: str, region: str) -> Histogram | None:
    return next(
        (h for h in report.histograms if (h.quantity, h.region) == (quantity, region)), None
    )


def histogram_figure(
    report: LiverReport, histogram: Histogram, *, as_curve: bool = False
) -> dict[str, Any]:
    """Return one histogram, as bars or as a smooth curve, with mean and median marked."""
    quantity = QUANTITY[histogram.quantity]
    first, last = shown_bins(histogram)
    traces = _curves(report, histogram) if as_curve else [bars(histogram)]
    figure = go.Figure(
        traces,
        layout=go.Layout(
            **plain_layout(),
            xaxis={
                "title": {"text": f"{quantity.key} ({quantity.unit})"},
                "fixedrange": True,
                "range": [float(histogram.edges[first]), float(histogram.edges[last])],
            },
            yaxis={"title": {"text": _("Voxels")}, "fixedrange": True, "rangemode": "tozero"},
        ),
    )
    for statistic, dash in ((Statistic.MEAN, "solid"), (Statistic.MEDIAN, "dot")):
        found = report.get(quantity.key, histogram.region, statistic)
        if found is not None:
            figure.add_vline(x=found.value, line={"width": 1.5, "dash": dash}, name=str(statistic))
    figure.update_layout(meta=meta_of(histogram))
    plain: dict[str, Any] = figure.to_plotly_json()
    return plain


def plain_layout() -> dict[str, Any]:
    """Return what all figures share."""
    return {
        "template": go.layout.Template(),
        "bargap": 0,
        "showlegend": False,
        "dragmode": "select",
        "selectdirection": "h",
        "margin": {"l": 64, "r": 12, "t": 8, "b": 40},
    }


def bars(histogram: Histogram) -> go.Bar:
    edges = histogram.edges
    return go.Bar(
        x=((edges[:-1] + edges[1:]) / 2).tolist(),
        y=histogram.counts.tolist(),
        width=np.diff(edges).tolist(),
        customdata=np.stack([edges[:-1], edges[1:]], axis=1).tolist(),
        hovertemplate=_BAR_HOVER.format(unit=QUANTITY[histogram.quantity].unit, voxels=_("Voxels")),
    )


def _curves(report: LiverReport, histogram: Histogram) -> list[go.Scatter]:
    unit = QUANTITY[histogram.quantity].unit
    measured, corrected = kernel_curves(report, histogram)
    traces = [line(measured, _("as measured"), unit, fill="tozeroy")]
    if corrected is not None:
        traces.append(line(corrected, _("without the noise of the fit"), unit, dash="dot"))
    return traces


def line(
    curve: Curve, name: str, unit: str, *, fill: str = "none", dash: str = "solid"
) -> go.Scatter:
    return go.Scatter(
        x=curve.x.tolist(),
        y=curve.y.tolist(),
        mode="lines",
        name=name,
        fill=fill,
        line={"dash": dash, "width": 2},
        hovertemplate=f"%{{x:.4g}} {unit}<extra>{name}</extra>",
    )


def meta_of(histogram: Histogram) -> dict[str, Any]:
    return {
        "region": STRUCTURE[histogram.region].key,
        "quantity": histogram.quantity,
        "edges": histogram.edges.tolist(),
        "counts": histogram.counts.tolist(),
        "beyond": _beyond(histogram, *shown_bins(histogram)),
    }


def shown_bins(histogram: Histogram) -> tuple[int, int]:
    """Return the first bin and the one after the last that hold all but 1 % of the voxels."""
    share = np.cumsum(histogram.counts) / max(int(histogram.counts.sum()), 1)
    first = int(np.searchsorted(share, _TAIL, side="right"))
    last = int(np.searchsorted(share, 1 - _TAIL, side="left")) + 1
    return max(first - 2, 0), min(last + 2, histogram.counts.size)


def _beyond(histogram: Histogram, first: int, last: int) -> str:
    inside = int(histogram.counts[first:last].sum())
    outside = int(histogram.counts.sum()) - inside
    return voxels_outside(outside)


def voxels_outside(n_voxels: int) -> str:
    """Return the sentence for voxels that the first view leaves out, empty for none."""
    return _("Voxels outside this range: %(n)s") % {"n": n_voxels} if n_voxels else ""
