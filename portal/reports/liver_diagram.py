"""The liver from the front, each segment in the colour of its mean: a heat map of segments.

A scheme, not a picture of this patient. The patient's right is on the left, as in the images; the
caudate lobe lies behind the others and is drawn apart, below.
"""

from __future__ import annotations

import matplotlib as mpl
from django.utils.translation import gettext as _

from analysis.anatomy import SEGMENTS
from analysis.export.colour_range import scale_of
from analysis.quantities import LIC, PDFF, R2STAR, Quantity
from analysis.report import LiverReport
from portal.reports.pages import Diagram, DiagramSegment
from portal.reports.report_ranges import shown_range

QUANTITIES: tuple[Quantity, ...] = (PDFF, R2STAR, LIC)
# Corners, and where the text stands, in a box of 100 x 62.
SHAPES: dict[str, tuple[str, tuple[int, int]]] = {
    "segment_7": ("3,31 7,13 25,4 29,31", (17, 21)),
    "segment_8": ("25,4 48,4 49,31 29,31", (38, 20)),
    "segment_4": ("48,4 67,9 64,44 50,49", (57, 28)),
    "segment_2": ("67,9 85,11 98,23 65,27", (77, 17)),
    "segment_3": ("65,27 98,23 88,35 64,45", (75, 31)),
    "segment_5": ("29,31 49,31 50,49 35,54", (40, 42)),
    "segment_6": ("3,31 29,31 35,54 15,57 5,46", (18, 44)),
    "segment_1": ("68,48 86,44 88,57 71,60", (78, 51)),
}
_BRIGHT = 0.45
_WEIGHTS = (0.299, 0.587, 0.114)


def build_diagrams(report: LiverReport) -> tuple[Diagram, ...]:
    """Return one diagram a quantity that was measured in at least one segment."""
    diagrams = (_diagram(report, quantity) for quantity in QUANTITIES)
    return tuple(diagram for diagram in diagrams if diagram.segments)


def _diagram(report: LiverReport, quantity: Quantity) -> Diagram:
    low, high = shown_range(report, quantity)
    scale = mpl.colormaps[scale_of(quantity)]
    segments = []
    for segment in SEGMENTS:
        mean = report.get(quantity.key, segment.key)
        if mean is None or segment.key not in SHAPES:
            continue
        corners, (x, y) = SHAPES[segment.key]
        red, green, blue, __ = scale((mean.value - low) / (high - low))
        luminance = sum(w * c for w, c in zip(_WEIGHTS, (red, green, blue), strict=True))
        segments.append(
            DiagramSegment(
                key=segment.key,
                name=segment.name.split(" ")[0],
                corners=corners,
                x=x,
                y=y,
                colour="#{:02x}{:02x}{:02x}".format(*(round(255 * c) for c in (red, green, blue))),
                ink="#000000" if luminance > _BRIGHT else "#ffffff",
                value=mean.text.removesuffix(quantity.unit).strip(),
            )
        )
    return Diagram(
        key=quantity.key,
        title=f"{quantity.key} ({quantity.unit})",
        scale=_("colours from %(low)s to %(high)s %(unit)s")
        % {"low": f"{low:g}", "high": f"{high:g}", "unit": quantity.unit},
        segments=tuple(segments),
    )
