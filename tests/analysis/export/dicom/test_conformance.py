"""What the standard's checker says about every object (Debian package dicom3tools)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from analysis.export.dicom import DICOM_EXPORTERS
from analysis.export.exported_file import Exporter, ExportRequest


@pytest.mark.parametrize("exporter", DICOM_EXPORTERS, ids=lambda row: row.name)
def test_the_checker_finds_no_error(
    exporter: Exporter, request_: ExportRequest, tmp_path: Path
) -> None:
    checker = shutil.which("dciodvfy")
    if checker is None:
        pytest.skip("dciodvfy is not installed (Debian package dicom3tools)")
    content = exporter.render(request_)
    assert content is not None
    path = tmp_path / exporter.name
    path.write_bytes(content)
    found = subprocess.run([checker, path], capture_output=True, text=True, check=False)
    errors = [line for line in found.stderr.splitlines() if line.startswith("Error")]
    assert errors == []
