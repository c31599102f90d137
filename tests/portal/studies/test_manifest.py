from __future__ import annotations

import hashlib
import json

import pytest
from pytest_django import Settings

from portal.studies.manifest import Manifest, ManifestLine, ManifestRefused

SHA = "ab" * 32


def test_the_hash_is_the_sha256_of_the_sorted_rows() -> None:
    manifest = Manifest.of([ManifestLine("b", 2, SHA), ManifestLine("a/Ä", 1, SHA)])
    rows = [["a/Ä", 1, SHA], ["b", 2, SHA]]
    text = json.dumps(rows, separators=(",", ":"), ensure_ascii=False)
    assert manifest.hash == hashlib.sha256(text.encode()).hexdigest()


def test_the_order_of_the_files_does_not_matter() -> None:
    lines = [ManifestLine("b", 2, SHA), ManifestLine("a", 1, SHA)]
    assert Manifest.of(lines).hash == Manifest.of(reversed(lines)).hash


@pytest.mark.parametrize(
    "changed",
    [ManifestLine("x", 2, SHA), ManifestLine("b", 3, SHA), ManifestLine("b", 2, SHA[2:] + "00")],
)
def test_the_hash_changes_with_name_size_and_content(changed: ManifestLine) -> None:
    assert Manifest.of([changed]).hash != Manifest.of([ManifestLine("b", 2, SHA)]).hash


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../up",
        "a/../../b",
        "a//b",
        "a/./b",
        "a\\b",
        "a\x00b",
        "a\nb",
        "x" * 1025,
        "\ud800",
    ],
)
def test_a_path_that_could_leave_the_folder_is_refused(path: str) -> None:
    with pytest.raises(ManifestRefused) as refused:
        ManifestLine(path, 1, SHA)
    assert refused.value.code == "unsafe-path"


@pytest.mark.parametrize("path", ["IM_0001", "Übung/図 1", "..hidden", "a b/c.dcm", "x" * 1024])
def test_any_other_name_is_accepted(path: str) -> None:
    assert ManifestLine(path, 1, SHA).relative_path == path


@pytest.mark.parametrize("sha256", ["", "zz" * 32, "AB" * 32, SHA + "00"])
def test_a_checksum_that_is_no_sha256_is_refused(sha256: str) -> None:
    with pytest.raises(ManifestRefused, match="not a SHA-256"):
        ManifestLine("a", 1, sha256)


def test_an_empty_folder_is_refused() -> None:
    with pytest.raises(ManifestRefused, match="no file in the folder"):
        Manifest.of([])


def test_a_name_that_comes_twice_is_refused() -> None:
    with pytest.raises(ManifestRefused, match="named twice"):
        Manifest.of([ManifestLine("a", 1, SHA), ManifestLine("a", 2, SHA)])


def test_a_name_that_is_both_file_and_folder_is_refused() -> None:
    with pytest.raises(ManifestRefused, match="both as a file and as a folder"):
        Manifest.of([ManifestLine("a", 1, SHA), ManifestLine("a/b/c", 2, SHA)])


def test_limits_are_told_in_words(settings: Settings) -> None:
    settings.UPLOAD_MAX_FILES = 1
    settings.UPLOAD_MAX_FILE_BYTES = 1024**3
    settings.UPLOAD_MAX_BYTES = 1024**3
    with pytest.raises(ManifestRefused, match="larger than the 1.0 GiB"):
        ManifestLine("a", 1024**3 + 1, SHA)
    lines = [ManifestLine("a", 1024**3, SHA), ManifestLine("b", 1024**3, SHA)]
    with pytest.raises(ManifestRefused, match="2 files are more than the 1"):
        Manifest.of(lines)
    settings.UPLOAD_MAX_FILES = 2
    with pytest.raises(ManifestRefused, match=r"are 2\.0 GiB together, more than the 1\.0 GiB"):
        Manifest.of(lines)
