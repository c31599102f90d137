"""Received files, kept once under the SHA-256 of their content and never changed."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from analysis.errors import OutputFailed
from analysis.wording import words

CHUNK_BYTES = 1024 * 1024
# A part that rests longer belongs to no transfer any more: those last a day.
_LONGEST_PAUSE_S = 2 * 24 * 3600
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Storage(Protocol):
    """What the portal asks of a place for files; a folder today, an object store tomorrow."""

    @property
    def incoming(self) -> Path:
        """Folder on the same disc for parts that are still arriving."""

    def has(self, sha256: str) -> bool: ...

    def keep(self, parts: Mapping[str, Path]) -> None:
        """Take over complete, verified files by their SHA-256; the parts are gone afterwards."""

    def place(self, sha256: str, destination: Path) -> None:
        """Make the file readable at ``destination`` (which must not exist)."""

    def open(self, sha256: str) -> BinaryIO: ...

    def remove(self, sha256: str) -> None: ...

    def names(self, before: float) -> Iterator[str]:
        """Yield the SHA-256 of what was stored before a time (seconds since 1970)."""

    def remove_parts(self, before: float) -> None:
        """Remove parts that nothing has been added to since a time."""

    def free_bytes(self) -> int: ...


class FileStorage:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path_of(self, sha256: str) -> Path:
        return self.root / "sha256" / sha256[:2] / sha256[2:4] / sha256

    def has(self, sha256: str) -> bool:
        return self.path_of(sha256).is_file()

    def keep(self, parts: Mapping[str, Path]) -> None:
        """Take over files.

        1. Content reaches the disc, all of it before the first name: the disc then writes at once
           what would otherwise wait file by file.
        2. Each file gets its name, which exists with all of its content or not at all.
        3. The names reach the disc.
        """
        with disc_errors():
            for part in parts.values():
                part.chmod(0o440)
                os.utime(part)  # young again: a sweep leaves it to the request that stores it
                _sync(part)
            targets = {sha256: self.path_of(sha256) for sha256 in parts}
            for sha256, part in parts.items():
                targets[sha256].parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                part.replace(targets[sha256])
            for folder in {target.parent for target in targets.values()}:
                _sync(folder)

    def place(self, sha256: str, destination: Path) -> None:
        source = self.path_of(sha256)
        with disc_errors():
            try:
                os.link(source, destination)
            except OSError as error:
                if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP}:
                    raise
                shutil.copyfile(source, destination)

    def open(self, sha256: str) -> BinaryIO:
        return self.path_of(sha256).open("rb")

    def remove(self, sha256: str) -> None:
        self.path_of(sha256).unlink(missing_ok=True)

    def names(self, before: float) -> Iterator[str]:
        for path in (self.root / "sha256").rglob("*"):
            if path.is_file() and path.stat().st_mtime < before:
                yield path.name

    def remove_parts(self, before: float) -> None:
        for path in self.incoming.iterdir():
            if path.stat().st_mtime < before - _LONGEST_PAUSE_S:
                path.unlink(missing_ok=True)

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.root).free


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def disc_errors() -> Iterator[None]:
    """Turn a full disc into a sentence; nothing that was stored before is touched by it."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise OutputFailed(
                words(
                    "The portal's disc is full. What was received is kept; ask the administrator "
                    "for space, then resume the upload."
                ),
                code="disc-full",
                permanent=False,
            ) from error
        raise


def refuse_without_space(storage: Storage, size_bytes: int) -> None:
    """Refuse an upload at its start rather than in its middle."""
    if storage.free_bytes() - size_bytes < settings.STORAGE_KEEP_FREE_BYTES:
        raise OutputFailed(
            words(
                "The portal has no room for this upload; nothing was received. Ask the "
                "administrator for space, then try again."
            ),
            code="disc-full",
            permanent=False,
        )


def sha256_of(file: BinaryIO | FileIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def current_storage() -> Storage:
    """Return the storage that STORAGE_URL names."""
    parts = urlsplit(settings.STORAGE_URL)
    if parts.scheme != "file":
        raise ImproperlyConfigured("STORAGE_URL must start with file:// (a folder).")
    return FileStorage(Path(unquote(parts.path)))
