"""Distributions of all segments in one figure: laid over one another, or side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from django.utils.translation import gettext as _
from plotly.subplots import make_subplots

from analysis.anatomy import LIVER, SEGMENTS, Structure
from analysis.measurement import Histogram
from analysis.quantities import BY_KEY as QUANTITY
from analysis.report import LiverReport
from portal.reports.figures import bars, find_histogram, line, meta_of, plain_layout, shown_bins
from portal.reports.kernel import Curve, kernel_curves
from portal.wording import said

_COLUMNS = 3


def overlay_figure(report: LiverReport, quantity: str, *, as_curve: bool) -> dict[str, Any] | None:
    """Return the segments over one another, each in % of its own voxels."""
    whole = find_histogram(report, quantity, LIVER.key)
    if whole is None:
        return None
    unit = QUANTITY[quantity].unit
    traces = []
    for structure, histogram in _segments(report, quantity):
        curve = kernel_curves(report, histogram)[0] if as_curve else _steps(histogram)
        share = Curve(curve.x, 100 * curve.y / max(int(histogram.counts.sum()), 1))
        trace = line(share, said(structure.name), unit)
        trace.line.color = colour_of(structure)
        trace.line.shape = "linear" if as_curve else "hv"
        traces.append(trace)
    layout = {**plain_layout(), "showlegend": True, "legend": {"x": 1, "xanchor": "right", "y": 1}}
    figure = go.Figure(traces, layout=go.Layout(**layout))
    figure.update_xaxes(title_text=f"{quantity} ({unit})", fixedrange=True, range=_range(whole))
    figure.update_yaxes(title_text=_("% of the segment"), fixedrange=True, rangemode="tozero")
    figure.update_layout(meta=meta_of(whole))
    plain: dict[str, Any] = figure.to_plotly_json()
    return plain


def multiples_figure(
    report: LiverReport, quantity: str, *, as_curve: bool
) -> dict[str, Any] | None:
    """Return a small histogram of the liver and of each segment, all with the same x axis."""
    whole = find_histogram(report, quantity, LIVER.key)
    if whole is None:
        return None
    shown = [(LIVER, whole), *_segments(report, quantity)]
    rows = -(-len(shown) // _COLUMNS)
    figure = make_subplots(
        rows=rows,
        cols=_COLUMNS,
        shared_xaxes=True,
        subplot_titles=[said(structure.name) for structure, _histogram in shown],
        vertical_spacing=0.24 / rows,
        horizontal_spacing=0.05,
    )
    for n, (structure, histogram) in enumerate(shown):
        trace = _small(report, histogram, as_curve=as_curve)
        trace.marker = {"color": colour_of(structure)} if structure is not LIVER else {}
        figure.add_trace(trace, row=n // _COLUMNS + 1, col=n % _COLUMNS + 1)
    figure.update_layout(plain_layout(), meta=meta_of(whole))
    figure.update_annotations(font_size=11)
    figure.update_xaxes(fixedrange=True, range=_range(whole))
    figure.update_yaxes(fixedrange=True, rangemode="tozero", showticklabels=False)
    figure.update_layout(margin={"l": 12, "r": 12, "t": 20, "b": 24})
    plain: dict[str, Any] = figure.to_plotly_json()
    return plain


def colour_of(structure: Structure) -> str:
    return "#{:02x}{:02x}{:02x}".format(*structure.colour)


def _segments(report: LiverReport, quantity: str) -> list[tuple[Structure, Histogram]]:
    found = ((s, find_histogram(report, quantity, s.key)) for s in SEGMENTS)
    return [(structure, histogram) for structure, histogram in found if histogram is not None]


def _small(report: LiverReport, histogram: Histogram, *, as_curve: bool) -> go.Bar | go.Scatter:
    if not as_curve:
        return bars(histogram)
    curve = kernel_curves(report, histogram)[0]
    return line(curve, "", QUANTITY[histogram.quantity].unit, fill="tozeroy")


def _steps(histogram: Histogram) -> Curve:
    return Curve(histogram.edges, np.append(histogram.counts, 0).astype(np.float64))


def _range(histogram: Histogram) -> list[float]:
    first, last = shown_bins(histogram)
    return [float(histogram.edges[first]), float(histogram.edges[last])]
