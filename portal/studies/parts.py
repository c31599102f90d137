"""Part files of uploads in progress: bytes are appended at the agreed offset or not at all.

How far an upload has come is the length of its part file: it survives a crash and needs no row.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hmac import compare_digest
from http import HTTPStatus
from io import FileIO
from pathlib import Path
from typing import Protocol

from portal.errors import PortalError
from portal.studies.storage import CHUNK_BYTES, disc_errors

CHECKSUM_ALGORITHMS = ("sha1", "sha256")
CHECKSUM_MISMATCH = 460  # a status of tus, not of HTTP


class TransferRefused(PortalError):
    """A chunk was not accepted; the part file is as it was before."""


class Body(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a chunk should hash to."""

    algorithm: str
    digest: bytes

    def __post_init__(self) -> None:
        if self.algorithm not in CHECKSUM_ALGORITHMS:
            raise TransferRefused(
                f"The checksum must be one of {', '.join(CHECKSUM_ALGORITHMS)}.",
                code="checksum-unsupported",
            )


def create(path: Path) -> None:
    with disc_errors():
        path.touch(mode=0o600, exist_ok=False)


def size_of(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


@contextmanager
def locked(path: Path) -> Iterator[FileIO]:
    """Open a part file for one writer; a second one is sent away, not made to wait."""
    try:
        file = path.open("r+b", buffering=0)
    except FileNotFoundError as error:
        raise TransferRefused(
            "This transfer has ended or was cancelled; ask which files are missing and send those.",
            code="transfer-gone",
            status=HTTPStatus.GONE,
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TransferRefused(
                "Another connection is still sending this file; try again in a moment.",
                code="transfer-locked",
                status=HTTPStatus.LOCKED,
            ) from error
        yield file


def append(
    file: FileIO,
    body: Body,
    *,
    offset: int,
    length: int,
    checksum: Checksum | None = None,
) -> int:
    """Append at most ``length`` bytes at ``offset`` and return the new size.

    1. The offset must be the present size: nothing is overwritten, no hole is left.
    2. Bytes go to disc as they come; memory holds one chunk.
    3. With a checksum, a chunk that differs or breaks off is cut away again. Without one, what
       arrived before a broken connection stays and the sender resumes behind it.
    """
    size = os.fstat(file.fileno()).st_size
    if offset != size:
        raise TransferRefused(
            f"The transfer stands at byte {size}, not {offset}; resume from there.",
            code="offset-differs",
            status=HTTPStatus.CONFLICT,
            details={"offset": size},
        )
    file.seek(offset)
    digest = hashlib.new(checksum.algorithm) if checksum else None
    try:
        with disc_errors():
            while chunk := body.read(min(CHUNK_BYTES, length)):
                _write_all(file, chunk)
                length -= len(chunk)
                if digest:
                    digest.update(chunk)
            os.fsync(file.fileno())
    finally:
        is_kept = checksum is None or (
            digest is not None and compare_digest(digest.digest(), checksum.digest)
        )
        if not is_kept:
            file.truncate(offset)
    if not is_kept:
        raise TransferRefused(
            "The bytes were damaged on the way; they were not kept. Send this piece again.",
            code="checksum-mismatch",
            status=CHECKSUM_MISMATCH,
        )
    return file.tell()


def _write_all(file: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
