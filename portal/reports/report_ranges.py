"""The ends of the colour bars of one report, the same in viewer, pictures and diagrams."""

from __future__ import annotations

from analysis.anatomy import LIVER
from analysis.export.colour_range import colour_range
from analysis.measurement import Statistic
from analysis.quantities import Quantity
from analysis.report import LiverReport


def shown_range(report: LiverReport, quantity: Quantity) -> tuple[float, float]:
    """Return lowest and highest value of the colours of a quantity in this liver."""
    found = report.get(quantity.key, LIVER.key, Statistic.P95)
    return colour_range(quantity, found.value if found else None)
