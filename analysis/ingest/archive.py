"""Unpack a ZIP archive of a stranger into a folder, bounded (runs in the reading process).

Members are written under numbers, never under their own names, so that no name can leave the
folder. The declared sizes are checked before, the real ones while unpacking.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from analysis.errors import UnusableInput
from analysis.ingest.options import MIB, ReadLimits
from analysis.wording import words

ENCRYPTED = 0x1
COPY_BLOCK = MIB


@dataclass(frozen=True, slots=True)
class UnpackedMember:
    """A member of an archive and the file that now holds it."""

    name: str
    path: str


def unpack(archive: Path, target: Path, limits: ReadLimits) -> list[UnpackedMember]:
    """Unpack every file of an archive into ``target``.

    Raises
    ------
    UnusableInput
        If the archive is damaged, encrypted, unsafe (names that leave it, links) or would unpack
        to more than the limits allow.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [info for info in packed.infolist() if not info.is_dir()]
            _require_within_limits(archive, members, limits)
            for info in members:
                _require_safe(archive, info)
            return [
                _unpack_one(packed, info, target / f"{index:06d}", archive)
                for index, info in enumerate(members)
            ]
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        raise _damaged(archive) from error


def _require_within_limits(
    archive: Path, members: list[zipfile.ZipInfo], limits: ReadLimits
) -> None:
    if len(members) > limits.max_files:
        raise UnusableInput(
            words(
                "The archive %(archive)s holds %(count)s files, more than the %(most)s "
                "allowed; send one study at a time.",
                archive=archive.name,
                count=f"{len(members):,}",
                most=f"{limits.max_files:,}",
            ),
            code="archive-too-many-files",
        )
    unpacked = sum(info.file_size for info in members)
    ratio = unpacked / max(archive.stat().st_size, 1)
    suspicious = unpacked > limits.ratio_free_bytes and ratio > limits.max_compression_ratio
    if suspicious or unpacked > limits.max_uncompressed_bytes:
        raise UnusableInput(
            words(
                "The archive %(archive)s would unpack to %(size)s GB (%(times)s times its "
                "size), which no MR study does; it was not opened. Send the images as a folder "
                "or as a plain ZIP.",
                archive=archive.name,
                size=f"{unpacked / 1000000000.0:.1f}",
                times=f"{ratio:.0f}",
            ),
            code="archive-too-large",
        )


def _require_safe(archive: Path, info: zipfile.ZipInfo) -> None:
    name = info.filename
    paths = PurePosixPath(name), PureWindowsPath(name)
    leaves = any(path.is_absolute() or ".." in path.parts for path in paths) or paths[1].drive
    if leaves or stat.S_ISLNK(info.external_attr >> 16):
        raise UnusableInput(
            words(
                "The archive %(archive)s contains a file that points outside it (%(name)s); "
                "nothing was unpacked. Make the ZIP again from the folder of the images.",
                archive=archive.name,
                name=f"{name!r:.80}",
            ),
            code="archive-unsafe",
        )
    if info.flag_bits & ENCRYPTED:
        raise UnusableInput(
            words(
                "The archive %(archive)s is protected by a password; send it without one.",
                archive=archive.name,
            ),
            code="archive-encrypted",
        )


def _unpack_one(
    packed: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, archive: Path
) -> UnpackedMember:
    # ZipExtFile never yields more than the declared size, which was counted beforehand.
    with packed.open(info) as source, path.open("wb") as sink:
        shutil.copyfileobj(source, sink, COPY_BLOCK)
    if path.stat().st_size != info.file_size:
        raise _damaged(archive)
    return UnpackedMember(info.filename, str(path))


def _damaged(archive: Path) -> UnusableInput:
    return UnusableInput(
        words(
            "The archive %(archive)s is damaged or was not sent completely; send it again.",
            archive=archive.name,
        ),
        code="archive-damaged",
    )
