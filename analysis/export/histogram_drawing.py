"""Histograms as plain drawings (bars, ticks, marks in SVG units), for pages without scripts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from analysis.anatomy import LIVER
from analysis.export.page_tables import SHOWN
from analysis.grading import DEFAULT_TABLES, GradingTable
from analysis.measurement import Histogram
from analysis.quantities import BY_KEY
from analysis.report import LiverReport

WIDTH = 520.0
HEIGHT = 190.0
BOTTOM = 160.0  # y of the axis; below it stand its numbers
LEFT, RIGHT, TOP = 8.0, 512.0, 24.0
# Part of the voxels that may lie beyond each end of the axis, so that a few do not flatten it.
_BEYOND = 0.002


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin: rectangle and the words for readers who cannot see it."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the axis with its text."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A histogram, ready to be drawn."""

    title: str
    bars: tuple[Bar, ...]
    ticks: tuple[Mark, ...]
    cut_offs: tuple[Mark, ...]
    note: str


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float

    def place(self, value: float) -> float:
        return round(LEFT + (value - self.low) / (self.high - self.low) * (RIGHT - LEFT), 2)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def draw_histogram(histogram: Histogram, title: str, table: GradingTable | None) -> Drawing | None:
    """Return the drawing of a histogram, or None when it is empty.

    Parameters
    ----------
    histogram
        With bins of one width.
    title
        What is shown.
    table
        Whose cut-offs are marked, or None.
    """
    total = int(histogram.counts.sum())
    if total == 0:
        return None
    first, last = _shown_bins(histogram, total)
    counts, edges = histogram.counts[first:last], histogram.edges[first : last + 1]
    axis = _Axis(float(edges[0]), float(edges[-1]))
    ticks = MaxNLocator(8).tick_values(axis.low, axis.high)
    beyond = total - int(counts.sum())
    return Drawing(
        title=title,
        bars=_bars(counts.tolist(), edges.tolist(), axis, BY_KEY[histogram.quantity].unit),
        ticks=tuple(Mark(axis.place(t), f"{t:g}") for t in ticks if axis.holds(t)),
        cut_offs=() if table is None else _cut_offs(table, axis),
        note=f"{total} voxels" + (f", {beyond} beyond the axis" if beyond else ""),
    )


def _shown_bins(histogram: Histogram, total: int) -> tuple[int, int]:
    cumulative = np.cumsum(histogram.counts)
    first = int(np.searchsorted(cumulative, _BEYOND * total, side="right"))
    last = int(np.searchsorted(cumulative, (1 - _BEYOND) * total)) + 1
    return first, max(last, first + 1)


def _bars(counts: list[int], edges: list[float], axis: _Axis, unit: str) -> tuple[Bar, ...]:
    tallest = max(counts)
    result = []
    for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True):
        x, right = axis.place(low), axis.place(high)
        height = round(count / tallest * (BOTTOM - TOP), 2)
        title = f"{low:g} to {high:g} {unit}: {count} voxels"
        result.append(Bar(x, round(BOTTOM - height, 2), round(right - x, 2), height, title))
    return tuple(result)


def _cut_offs(table: GradingTable, axis: _Axis) -> tuple[Mark, ...]:
    named = zip(table.cut_offs, table.grades[1:], strict=True)
    return tuple(Mark(axis.place(value), name) for value, name in named if axis.holds(value))


def histogram_drawings(report: LiverReport) -> list[Drawing]:
    """Return the histograms of the whole liver, in the order in which quantities are shown.

    Parameters
    ----------
    report
        Any report; empty histograms are left out.
    """
    found = {h.quantity: h for h in report.histograms if h.region == LIVER.key}
    drawn = [
        draw_histogram(
            found[q.key], f"{q.name} in the whole liver ({q.unit})", DEFAULT_TABLES.get(q.key)
        )
        for q in SHOWN
        if q.key in found
    ]
    return [drawing for drawing in drawn if drawing is not None]
