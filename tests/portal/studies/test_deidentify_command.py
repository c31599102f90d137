from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from analysis.simulation.dicom.writer import DicomOptions, write_dicom
from analysis.simulation.phantom import simulate, small_phantom


def test_it_cleans_a_folder_and_tells_what_it_left(tmp_path: Path) -> None:
    write_dicom(simulate(small_phantom(3)), tmp_path / "in", options=DicomOptions())
    (tmp_path / "in" / "notes.txt").write_text("Doe")
    said = StringIO()
    call_command(
        "deidentify",
        tmp_path / "in",
        out=tmp_path / "out",
        key=tmp_path / "key",
        subject="S-001",
        receipt=tmp_path / "receipt.json",
        stdout=said,
    )
    assert "images cleaned." in said.getvalue()
    assert "Not written: notes.txt: It is not a DICOM or NIfTI image." in said.getvalue()
    assert (tmp_path / "receipt.json").is_file()


def test_no_image_is_exit_two(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(CommandError, match="No image could be cleaned") as failed:
        call_command("deidentify", tmp_path / "in", out=tmp_path / "out", key=tmp_path / "key")
    assert failed.value.returncode == 2


def test_a_wrong_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nothing at") as failed:
        call_command("deidentify", tmp_path / "no", out=tmp_path / "out", key=tmp_path / "key")
    assert failed.value.returncode == 2
