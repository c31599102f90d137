from __future__ import annotations

import json
import subprocess
import sys
from typing import get_type_hints

from portal.reports.versions import EXPORT
from tests.conftest import REPOSITORY

HEAVY = {"highdicom", "numba", "onnxruntime", "openvino", "torch"}
PROGRAM = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
import django
django.setup()
import portal.urls
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def test_what_a_correction_loads_later_returns_what_it_says() -> None:
    assert get_type_hints(EXPORT.load())["return"] == EXPORT.output


def test_a_web_process_loads_neither_engines_nor_kernels() -> None:
    """They cost seconds at every start and hundreds of megabytes; workers load them."""
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "rest_framework" in loaded
    assert not HEAVY & loaded
