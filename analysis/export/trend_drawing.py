"""A quantity over visits as a plain drawing (points, bars, band in SVG units), for print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.ticker import MaxNLocator

from analysis.change.repeatability import NORMAL_95
from analysis.change.trend import Trend, TrendPoint
from analysis.export.histogram_drawing import Mark
from analysis.quantities import BY_KEY

WIDTH, HEIGHT = 260.0, 150.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 250.0, 14.0, 120.0
INSET = 16.0  # of the first and last visit from the ends of the axis
_ROOM = 0.12  # of the range, above and below what is drawn


@dataclass(frozen=True, slots=True)
class DrawnPoint:
    """A visit: its place, its 95 % interval of noise, and its value where it is written.

    ``is_comparable`` is false where the value cannot be set against the first one.
    """

    x: float
    y: float
    top: float
    bottom: float
    text: str
    is_comparable: bool
    is_this: bool


@dataclass(frozen=True, slots=True)
class TrendDrawing:
    """A trend, ready to be drawn.

    Parameters
    ----------
    title
        Quantity and unit.
    words
        Every value in words, for readers who cannot see it.
    points
        In the order of the visits.
    line
        (x, y) of the comparable points, which are joined.
    band
        (top, height) of the band of no real change from the first visit, or None.
    ticks
        Of the vertical axis: place from the top and text.
    labels
        Of the horizontal axis: the first visit, this one and the last one.
    """

    title: str
    words: str
    points: tuple[DrawnPoint, ...]
    line: tuple[tuple[float, float], ...]
    band: tuple[float, float] | None
    ticks: tuple[Mark, ...]
    labels: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float

    def place(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(BOTTOM - share * (BOTTOM - TOP), 2)


def draw_trend(trend: Trend, visits: Sequence[str], this: int) -> TrendDrawing | None:
    """Return the drawing of a trend, or None when fewer than two visits have the quantity.

    Parameters
    ----------
    trend
        Positions count along ``visits``.
    visits
        Name of each visit, oldest first; they stand at equal distances.
    this
        Position of the visit that is reported.
    """
    if len(trend.points) < 2:
        return None
    axis = _axis(trend)
    quantity = BY_KEY[trend.quantity]
    places = [_x(n, len(visits)) for n in range(len(visits))]
    points = tuple(_point(p, places[p.position], axis, this) for p in trend.points)
    words = "; ".join(f"{visits[p.position]}: {p.measurement.text}" for p in trend.points)
    ticks = MaxNLocator(4).tick_values(axis.low, axis.high)
    return TrendDrawing(
        title=f"{quantity.name} ({quantity.unit})",
        words=words,
        points=points,
        line=tuple((p.x, p.y) for p in points if p.is_comparable),
        band=_band(trend, axis),
        ticks=tuple(Mark(axis.place(t), f"{t:g}") for t in ticks if axis.low <= t <= axis.high),
        labels=tuple(Mark(places[n], visits[n]) for n in sorted({0, this, len(visits) - 1})),
    )


def _x(position: int, count: int) -> float:
    first, last = LEFT + INSET, RIGHT - INSET
    return round(first + (last - first) * position / max(count - 1, 1), 2)


def _half_width(point: TrendPoint) -> float:
    return NORMAL_95 * (point.measurement.standard_error or 0.0)


def _axis(trend: Trend) -> _Axis:
    values = [p.measurement.value for p in trend.points]
    reach = [_half_width(p) for p in trend.points]
    band = trend.band or ()
    low = min(*(v - r for v, r in zip(values, reach, strict=True)), *band)
    high = max(*(v + r for v, r in zip(values, reach, strict=True)), *band)
    room = _ROOM * (high - low) or 1.0
    return _Axis(low - room, high + room)


def _band(trend: Trend, axis: _Axis) -> tuple[float, float] | None:
    if trend.band is None:
        return None
    top, bottom = axis.place(trend.band[1]), axis.place(trend.band[0])
    return top, round(bottom - top, 2)


def _point(point: TrendPoint, x: float, axis: _Axis, this: int) -> DrawnPoint:
    value, half = point.measurement.value, _half_width(point)
    is_this = point.position == this
    return DrawnPoint(
        x=x,
        y=axis.place(value),
        top=axis.place(value + half),
        bottom=axis.place(value - half),
        text=point.measurement.text if is_this or point.position == 0 else "",
        is_comparable=point.is_comparable,
        is_this=is_this,
    )
