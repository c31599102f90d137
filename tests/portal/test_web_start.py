from __future__ import annotations

import json
import subprocess
import sys

from portal.runs.programs import programs
from tests.conftest import REPOSITORY

PROGRAM = """
import json, sys
import portal.wsgi
from portal.web_start import when_ready
when_ready(None)
before = set(sys.modules)
import portal.reports.views, portal.urls
import plotly.graph_objects as go
go.Figure([go.Bar(x=[1], y=[1])]).add_vline(x=0.5)
print(json.dumps(sorted(set(sys.modules) - before)))
"""
PARTS = """
from portal.web_start import when_ready  # gunicorn reads it before the application
import portal.wsgi
from django.template import Template, loader
when_ready(None)
Template.compile_nodelist = None  # nothing may be left to compile
for name in ("reports/detail.html", "reports/_verdict.html", "base.html"):
    loader.get_template(name)
"""


def test_nothing_is_left_to_load_for_the_first_visitor() -> None:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_no_template_is_left_to_compile_nor_a_part_of_one() -> None:
    subprocess.run([sys.executable, "-c", PARTS], cwd=REPOSITORY, check=True)


def test_the_web_server_is_started_with_it_everywhere() -> None:
    web = programs("127.0.0.1:8000")[0].command
    assert {"--preload", "python:portal.web_start"} <= {*web}
    image = (REPOSITORY / "docker" / "Dockerfile").read_text(encoding="utf-8")
    assert '"--config", "python:portal.web_start", "--preload"' in image
