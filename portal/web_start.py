"""Settings of the web server: load what pages need once, before its processes are forked.

Used as ``gunicorn --config python:portal.web_start --preload``. Otherwise the first visitor of
each process waits for the addresses, their pages' libraries and the first drawing.
"""

from __future__ import annotations

import plotly.graph_objects as go
from django.conf import settings
from django.template.loader import get_template
from django.urls import get_resolver


def when_ready(server: object) -> None:
    """Warm up in gunicorn's first process, which has loaded the application already."""
    warm_up()


def warm_up() -> int:
    """Load all pages, and draw once, as plotly loads its parts only then; return their number."""
    folder = settings.BASE_DIR / "frontend" / "templates"
    for path in folder.rglob("*.html"):  # also the parts, which a page compiles when drawn
        get_template(path.relative_to(folder).as_posix())
    figure = go.Figure(
        [go.Bar(x=[0, 1], y=[1, 2])], layout=go.Layout(template=go.layout.Template())
    )
    figure.add_vline(x=0.5)
    figure.to_plotly_json()
    return len(get_resolver().url_patterns)
