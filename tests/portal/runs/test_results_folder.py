from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from analysis.errors import OutputFailed, UnusableInput
from portal.runs.results_folder import MANIFEST_FILE, new_results, writing


def fill(folder: Path, text: str) -> None:
    (folder / MANIFEST_FILE).write_text(text)
    (folder / "report.json").write_text(text)


def fail_half_way(folder: Path) -> None:
    with new_results(folder) as results:
        fill(results, "half")
        raise UnusableInput("No.", code="no")


def leftovers(parent: Path) -> list[str]:
    return [path.name for path in parent.iterdir() if path.name.startswith(".")]


def test_results_appear_whole(tmp_path: Path) -> None:
    with new_results(tmp_path / "out") as results:
        fill(results, "new")
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out" / "report.json").read_text() == "new"
    assert leftovers(tmp_path) == []


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput):
        fail_half_way(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_earlier_results_as_they_were(tmp_path: Path) -> None:
    with new_results(tmp_path / "out") as results:
        fill(results, "old")
    with pytest.raises(UnusableInput):
        fail_half_way(tmp_path / "out")
    assert (tmp_path / "out" / "report.json").read_text() == "old"
    assert (tmp_path / "out" / MANIFEST_FILE).read_text() == "old"


def test_new_results_replace_earlier_ones_and_leave_other_files(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    fill(out, "old")
    (out / "notes.txt").write_text("mine")
    with new_results(out) as results:
        fill(results, "new")
    assert (out / MANIFEST_FILE).read_text() == (out / "report.json").read_text() == "new"
    assert (out / "notes.txt").read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with (
        pytest.raises(OutputFailed, match="choose another output folder"),
        new_results(tmp_path / "out" / "deeper"),
    ):
        pass


@pytest.mark.parametrize(
    ("number", "code", "is_permanent"),
    [
        (errno.ENOSPC, "disc-full", False),
        (errno.EDQUOT, "disc-full", False),
        (errno.EROFS, "cannot-write", True),
    ],
)
def test_a_disc_that_refuses_is_told_in_words(number: int, code: str, is_permanent: bool) -> None:
    with pytest.raises(OutputFailed, match="/results") as caught, writing("/results"):
        raise OSError(number, os.strerror(number))
    assert (caught.value.code, caught.value.permanent) == (code, is_permanent)


def test_another_error_of_the_system_stays_a_fault() -> None:
    with pytest.raises(OSError, match="Too many"), writing("/results"):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
