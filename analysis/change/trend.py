"""One quantity of one region over the visits of a subject, with the band of no real change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.change.conditions import conditions_of
from analysis.change.repeatability import repeatability_of
from analysis.measurement import Measurement, Statistic
from analysis.quantities import R2STAR, VOLUME
from analysis.report import LiverReport


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One visit on a trend.

    Parameters
    ----------
    position
        Place of the visit in the order that was given.
    measurement
        Its value; visits without one are left out.
    is_comparable
        False where the value cannot be set against the first one (R2* of another field).
    """

    position: int
    measurement: Measurement
    is_comparable: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """A quantity over visits.

    Parameters
    ----------
    quantity, region
        Keys.
    points
        In the order of the visits.
    band
        Lowest and highest value that is no real change from the first point; None without a
        known repeatability or without points.
    source
        Where the band comes from.
    """

    quantity: str
    region: str
    points: tuple[TrendPoint, ...]
    band: tuple[float, float] | None
    source: str


def build_trend(reports: Sequence[LiverReport], quantity: str, region: str) -> Trend:
    """Follow a quantity over visits, oldest first.

    Parameters
    ----------
    reports
        One a visit, oldest first.
    quantity, region
        Keys of ``analysis.quantities`` and ``analysis.anatomy``.

    Returns
    -------
    The band is that of repeatability around the first value, or of reproducibility as soon as one
    visit was scanned or analysed differently.
    """
    statistic = Statistic.TOTAL if quantity == VOLUME.key else Statistic.MEAN
    found = [
        (n, report, report.get(quantity, region, statistic)) for n, report in enumerate(reports)
    ]
    present = [(n, report, value) for n, report, value in found if value is not None]
    if not present:
        return Trend(quantity, region, (), None, "")
    first = present[0][1]
    alike = [conditions_of(first, report) for _, report, _ in present]
    points = tuple(
        TrendPoint(n, value, quantity != R2STAR.key or report is first or same.field)
        for (n, report, value), same in zip(present, alike, strict=True)
    )
    repeated = all(same.are_repeated for same in alike[1:])
    rule = repeatability_of(quantity, same_conditions=repeated)
    if rule is None:
        return Trend(quantity, region, points, None, "")
    value = points[0].measurement.value
    limit = rule.limit(value)
    return Trend(quantity, region, points, (value - limit, value + limit), rule.source.text)
