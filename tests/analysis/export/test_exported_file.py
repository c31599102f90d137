from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import GeometryMismatch, OutputFailed
from analysis.export.exported_file import Exporter, ExportRequest, write_files
from analysis.volume import Geometry
from tests.analysis.small_liver import (
    GRID,
    default_maps,
    make_report,
    make_segmentation,
    make_selected,
)


def row(name: str) -> Exporter:
    return Exporter(name, "text/plain", f"about {name}", lambda request: b"")


def test_a_written_file_is_described_by_its_own_bytes(tmp_path: Path) -> None:
    (written,) = write_files([(row("a.txt"), b"hello")], tmp_path / "new" / "folder")
    assert written.path.read_bytes() == b"hello"
    assert written.path == tmp_path / "new" / "folder" / "a.txt"
    assert written.sha256 == hashlib.sha256(b"hello").hexdigest()
    assert (written.name, written.size_bytes, written.media_type) == ("a.txt", 5, "text/plain")
    assert written.description == "about a.txt"


def test_files_of_an_earlier_run_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"much longer than before")
    write_files([(row("a.txt"), b"new")], tmp_path)
    assert (tmp_path / "a.txt").read_bytes() == b"new"


def test_nothing_temporary_is_left(tmp_path: Path) -> None:
    write_files([(row("a.txt"), b"a"), (row("b.txt"), b"b")], tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "b.txt"]


def failing() -> Iterator[tuple[Exporter, bytes]]:
    yield row("a.txt"), b"new"
    raise OSError(28, "No space left on device")


def test_a_full_disc_changes_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"old")
    with pytest.raises(OutputFailed, match="No space left on device") as caught:
        write_files(failing(), tmp_path)
    assert (tmp_path / "a.txt").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.txt"]
    assert not caught.value.permanent
    assert "free some space" in str(caught.value)


def test_a_truly_full_disc_leaves_no_half_file(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full to write to")
    name = "a.txt"

    # The staged file is a link to the full device: the write itself fails with ENOSPC.
    original = Path.open

    def open_full(path: Path, mode: str = "r") -> object:
        return original(full if path.name == name else path, mode)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", open_full)
        with pytest.raises(OutputFailed, match="No space left"):
            write_files([(row("b.txt"), b"b"), (row(name), b"x")], tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("I am a file")
    with pytest.raises(OutputFailed, match="could not be written"):
        write_files([(row("a.txt"), b"a")], tmp_path / "out")


def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        if os.access(tmp_path, os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises(OutputFailed):
            write_files([(row("a.txt"), b"a")], tmp_path)
    finally:
        tmp_path.chmod(stat.S_IRWXU)


def test_images_on_different_grids_are_not_exported_together() -> None:
    other = Geometry(GRID.shape, np.diag([15.0, 15.0, 16.0, 1.0]))
    with pytest.raises(GeometryMismatch):
        ExportRequest(
            make_report(), make_selected(geometry=other), make_segmentation(), default_maps()
        )
