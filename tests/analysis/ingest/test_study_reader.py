from __future__ import annotations

import errno
import os
import zipfile
from pathlib import Path

import pytest

from analysis.errors import OutputFailed, UnusableInput
from analysis.ingest.options import ReadLimits, ReadOptions
from analysis.ingest.study_reader import read_study
from tests.analysis.ingest.dicom_files import ECHOES_MS, SeriesSpec, write_series


def zip_folder(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


def test_a_zip_gives_the_same_study_as_its_folder(tmp_path: Path) -> None:
    write_series(tmp_path / "study")
    archive = zip_folder(tmp_path / "study", tmp_path / "study.zip")

    packed, plain = read_study(archive), read_study(tmp_path / "study")

    assert packed.description == plain.description
    for one, other in zip(packed.series[0].stacks, plain.series[0].stacks, strict=True):
        assert (one.volume.array == other.volume.array).all()


def test_several_archives_in_a_folder_are_one_study(tmp_path: Path) -> None:
    for number, echo in enumerate(ECHOES_MS):
        folder = tmp_path / f"part{number}"
        write_series(folder, SeriesSpec(number=number + 1, echoes_ms=(echo,)))
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    for number in range(len(ECHOES_MS)):
        zip_folder(tmp_path / f"part{number}", outbox / f"{number}.zip")

    assert len(read_study(outbox).series) == len(ECHOES_MS)


def test_an_archive_inside_an_archive_is_listed_and_not_opened(tmp_path: Path) -> None:
    write_series(tmp_path / "study")
    inner = zip_folder(tmp_path / "study", tmp_path / "inner.zip")
    inner.rename(tmp_path / "study" / "inner.zip")
    archive = zip_folder(tmp_path / "study", tmp_path / "outer.zip")

    (skipped,) = read_study(archive).skipped

    assert skipped.name == "inner.zip"
    assert "not opened" in skipped.reason


@pytest.mark.parametrize(
    ("name", "code"), [("../IM1", "archive-unsafe"), ("/IM1", "archive-unsafe")]
)
def test_an_unsafe_archive_is_refused(tmp_path: Path, name: str, code: str) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"x")

    with pytest.raises(UnusableInput, match="points outside") as caught:
        read_study(path)

    assert caught.value.code == code
    assert "a.zip" in caught.value.message


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for index in range(3):
            archive.writestr(f"IM{index}", bytes(30_000_000))

    with pytest.raises(UnusableInput, match="no MR study does"):
        read_study(path)


def test_an_empty_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.zip"
    zipfile.ZipFile(path, "w").close()

    with pytest.raises(UnusableInput, match="archive is empty"):
        read_study(path)


def test_a_folder_without_images_says_what_was_found(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")

    with pytest.raises(UnusableInput, match="None of the 1 file") as caught:
        read_study(tmp_path)

    assert caught.value.code == "no-dicom"


def test_a_single_file_of_one_echo_is_read(tmp_path: Path) -> None:
    (file,) = write_series(tmp_path, SeriesSpec(echoes_ms=(1.2,), slices=(0,)))

    study = read_study(file)

    assert study.series[0].not_read.startswith("single-echo")


def test_nothing_is_left_in_the_scratch_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    write_series(tmp_path / "study")

    read_study(tmp_path / "study")

    assert os.listdir(scratch) == []


def test_progress_reaches_the_number_of_files(tmp_path: Path) -> None:
    files = write_series(tmp_path)
    counted: list[int] = []

    read_study(tmp_path, on_progress=counted.append)

    assert sum(counted) == len(files)


def test_the_given_field_strength_is_used(tmp_path: Path) -> None:
    write_series(tmp_path)

    study = read_study(tmp_path, options=ReadOptions(field_strength_t=1.5))

    assert study.series[0].acquisition.field_strength_t == 1.5


def test_a_small_file_limit_is_respected(tmp_path: Path) -> None:
    write_series(tmp_path)

    with pytest.raises(UnusableInput, match="more than 3 files"):
        read_study(tmp_path, options=ReadOptions(limits=ReadLimits(max_files=3)))


def test_a_full_disc_may_be_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    write_series(tmp_path)
    monkeypatch.setattr(Path, "write_text", fill)

    with pytest.raises(OutputFailed, match="no space left") as caught:
        read_study(tmp_path)

    assert not caught.value.permanent


def test_files_that_vanish_while_they_are_read_are_no_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanish(*_: object, **__: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    write_series(tmp_path)
    monkeypatch.setattr("numpy.fromfile", vanish)

    with pytest.raises(UnusableInput, match="check that they are all there"):
        read_study(tmp_path)
