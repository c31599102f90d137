"""The report as one HTML file that needs no network and no script: text, tables, pictures."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analysis.anatomy import LIVER
from analysis.export.exported_file import Exporter, ExportRequest
from analysis.export.histogram_drawing import Drawing, draw_histogram
from analysis.export.montage import draw_montage
from analysis.export.page import SHOWN, build_page
from analysis.grading import DEFAULT_TABLES

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATE = "report.html.j2"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture inside the page."""

    title: str
    description: str
    png_base64: str


def _pictures(request: ExportRequest) -> list[Picture]:
    pictures = []
    for quantity in SHOWN:
        found = request.maps.get(quantity.key)
        if found is None or not request.labels.liver.any():
            continue
        png = draw_montage(request.anatomy, found, request.labels)
        pictures.append(
            Picture(
                title=f"{quantity.name} ({quantity.unit})",
                description=f"Axial slices of {quantity.key} in the liver over the anatomy, "
                "segments outlined. The patient's right is on the left. The values are in the "
                "table of segments.",
                png_base64=base64.b64encode(png).decode(),
            )
        )
    return pictures


def _drawings(request: ExportRequest) -> list[Drawing]:
    """Histograms of the whole liver, in the order in which quantities are shown."""
    by_key = {h.quantity: h for h in request.report.histograms if h.region == LIVER.key}
    drawn = [
        draw_histogram(
            by_key[q.key], f"{q.name} in the whole liver ({q.unit})", DEFAULT_TABLES.get(q.key)
        )
        for q in SHOWN
        if q.key in by_key
    ]
    return [drawing for drawing in drawn if drawing is not None]


def _render(request: ExportRequest) -> bytes:
    text = _ENVIRONMENT.get_template(_TEMPLATE).render(
        page=build_page(request.report),
        report=request.report,
        pictures=_pictures(request),
        drawings=_drawings(request),
    )
    return text.encode()


HTML_EXPORTER = Exporter("report.html", "text/html", "The report for reading, in one file", _render)
