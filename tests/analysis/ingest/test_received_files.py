from __future__ import annotations

import os
from pathlib import Path

import pytest

from analysis.errors import UnusableInput
from analysis.ingest.options import ReadLimits
from analysis.ingest.received_files import FileKind, describe_file, list_files

LIMITS = ReadLimits()
PREAMBLE = bytes(128) + b"DICM"
NIFTI = (348).to_bytes(4, "little") + bytes(340) + b"n+1\x00" + bytes(10)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("IM0001", PREAMBLE + b"rest", FileKind.DICOM),
        ("IM0001", b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100", FileKind.DICOM),
        ("IM0001", b"\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 100", FileKind.DICOM),
        ("a.nii", NIFTI, FileKind.NIFTI),
        ("a.nii.gz", b"\x1f\x8b\x08rest", FileKind.NIFTI),
        ("a.json", b"{}", FileKind.SIDECAR),
        ("a.bin", b"PK\x03\x04rest", FileKind.ARCHIVE),
        ("notes.txt", b"hello", FileKind.OTHER),
        ("DICOMDIR", PREAMBLE, FileKind.OTHER),
        (".DS_Store", b"x", FileKind.OTHER),
        ("__MACOSX/._IM1", PREAMBLE, FileKind.OTHER),
    ],
)
def test_the_first_bytes_tell_what_a_file_is(
    tmp_path: Path, name: str, content: bytes, kind: FileKind
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)

    assert describe_file(name, path).kind is kind


def test_an_empty_file_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "IM0001.dcm"
    path.touch()

    assert describe_file("IM0001.dcm", path).as_skipped.reason == "empty (0 bytes); send it again"


def test_links_and_pipes_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")

    kinds = {file.name: file.reason for file in list_files(tmp_path, LIMITS)}

    assert set(kinds) == {"link", "pipe"}
    assert all("not followed" in reason for reason in kinds.values())


def test_folders_behind_links_are_not_entered(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "IM1").write_bytes(PREAMBLE)
    (inside / "way-out").symlink_to(outside)

    assert [file.name for file in list_files(inside, LIMITS)] == ["way-out"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()

    with pytest.raises(UnusableInput, match="folder is empty") as caught:
        list_files(tmp_path, LIMITS)

    assert caught.value.code == "empty-folder"


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="no file or folder named nowhere"):
        list_files(tmp_path / "nowhere", LIMITS)


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    for index in range(4):
        (tmp_path / str(index)).touch()

    with pytest.raises(UnusableInput, match="more than 3 files"):
        list_files(tmp_path, ReadLimits(max_files=3))
