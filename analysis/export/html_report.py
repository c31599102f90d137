"""The report as one HTML file that needs no network and no script: text, tables, pictures."""

from __future__ import annotations

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analysis.export.exported_file import Exporter, ExportRequest
from analysis.export.histogram_drawing import histogram_drawings
from analysis.export.page import build_page
from analysis.export.pictures import pictures

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATE = "report.html.j2"


def _render(request: ExportRequest) -> bytes:
    text = _ENVIRONMENT.get_template(_TEMPLATE).render(
        page=build_page(request.report),
        report=request.report,
        pictures=[
            (picture, base64.b64encode(picture.png).decode()) for picture in pictures(request)
        ],
        drawings=histogram_drawings(request.report),
    )
    return text.encode()


HTML_EXPORTER = Exporter("report.html", "text/html", "The report for reading, in one file", _render)
