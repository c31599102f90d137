from __future__ import annotations

import errno
import hashlib
import io
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from analysis.errors import OutputFailed
from portal.studies.storage import (
    FileStorage,
    current_storage,
    disc_errors,
    refuse_without_space,
    sha256_of,
)

SHA = hashlib.sha256(b"liver").hexdigest()


@pytest.fixture
def storage(tmp_path: Path) -> FileStorage:
    return FileStorage(tmp_path / "kept")


@pytest.fixture
def part(storage: FileStorage) -> Path:
    path = storage.incoming / "part"
    path.write_bytes(b"liver")
    return path


def test_a_part_is_taken_over_under_its_content(storage: FileStorage, part: Path) -> None:
    assert not storage.has(SHA)
    storage.keep({SHA: part})
    assert storage.has(SHA)
    assert not part.exists()
    assert storage.path_of(SHA).read_bytes() == b"liver"


def test_a_kept_file_cannot_be_written(storage: FileStorage, part: Path) -> None:
    storage.keep({SHA: part})
    assert storage.path_of(SHA).stat().st_mode & 0o222 == 0


def test_the_same_content_twice_is_kept_once(storage: FileStorage, part: Path) -> None:
    storage.keep({SHA: part})
    part.write_bytes(b"liver")
    storage.keep({SHA: part})
    assert [path.name for path in (storage.root / "sha256").rglob("*") if path.is_file()] == [SHA]


def test_a_file_is_placed_without_copying(storage: FileStorage, part: Path, tmp_path: Path) -> None:
    storage.keep({SHA: part})
    storage.place(SHA, tmp_path / "work")
    assert (tmp_path / "work").samefile(storage.path_of(SHA))


def test_a_file_is_copied_where_links_are_impossible(
    storage: FileStorage, part: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(errno.EXDEV, "another disc")

    storage.keep({SHA: part})
    monkeypatch.setattr("os.link", refuse)
    storage.place(SHA, tmp_path / "work")
    assert (tmp_path / "work").read_bytes() == b"liver"
    assert not (tmp_path / "work").samefile(storage.path_of(SHA))


def test_a_full_disc_is_a_sentence_and_can_be_tried_again() -> None:
    with pytest.raises(OutputFailed, match="disc is full") as failed, disc_errors():
        raise OSError(errno.ENOSPC, "no space")
    assert not failed.value.permanent


def test_other_disc_errors_stay_what_they_are() -> None:
    with pytest.raises(PermissionError), disc_errors():
        raise PermissionError(errno.EACCES, "no")


def test_an_upload_that_does_not_fit_is_refused_at_its_start(
    storage: FileStorage, settings: Settings
) -> None:
    refuse_without_space(storage, 1)
    settings.STORAGE_KEEP_FREE_BYTES = storage.free_bytes() * 2
    with pytest.raises(OutputFailed, match="nothing was received"):
        refuse_without_space(storage, 1)


def test_a_file_is_hashed_in_pieces() -> None:
    content = bytes(range(256)) * 10_000
    assert sha256_of(io.BytesIO(content)) == hashlib.sha256(content).hexdigest()


def test_the_storage_comes_from_its_address(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGE_URL = f"file://{tmp_path}/a%20b"
    assert current_storage().incoming == tmp_path / "a b" / "incoming"
    settings.STORAGE_URL = "ftp://somewhere"
    with pytest.raises(ImproperlyConfigured, match="file://"):
        current_storage()
