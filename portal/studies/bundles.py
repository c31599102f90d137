"""Many small files in one transfer: an uncompressed tar whose members are named by their SHA-256.

A study of thousands of slices would otherwise cost thousands of round trips. The names carry no
path, so nothing in a bundle can point outside; what a file is called stands in the manifest.
"""

from __future__ import annotations

import hashlib
import tarfile
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from portal.studies.storage import CHUNK_BYTES, disc_errors

MAX_BUNDLE_BYTES = 256 * 1024**2


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A member as found: ``part`` holds it, unless ``problem`` says why it was not kept."""

    name: str
    part: Path | None = None
    problem: str = ""


def unpack(bundle: BinaryIO, expected: Mapping[str, int], folder: Path) -> Iterator[Unpacked]:
    """Yield each member that is on the manifest, checked against its size and hash.

    Parameters
    ----------
    bundle
        The tar, at its beginning.
    expected
        Size in bytes by SHA-256.
    folder
        Where the parts are written; on the disc of the storage.
    """
    try:
        with tarfile.open(fileobj=bundle, mode="r:") as archive:
            for member in archive:
                yield _unpack_member(archive, member, expected, folder)
    except (tarfile.TarError, EOFError, ValueError) as error:
        yield Unpacked("", problem=f"the bundle is damaged ({error})")


def _unpack_member(
    archive: tarfile.TarFile, member: tarfile.TarInfo, expected: Mapping[str, int], folder: Path
) -> Unpacked:
    if member.type not in {tarfile.REGTYPE, tarfile.AREGTYPE}:
        return Unpacked(member.name, problem="is not a plain file")
    if member.name not in expected:
        return Unpacked(member.name, problem="is not on the list of files")
    if member.size != expected[member.name]:
        return Unpacked(member.name, problem="has another size than announced")
    source = archive.extractfile(member)
    if source is None:
        return Unpacked(member.name, problem="cannot be read")
    part = folder / f"{uuid.uuid4()}.member"
    digest = hashlib.sha256()
    with disc_errors(), part.open("xb") as file:
        while chunk := source.read(CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
    if digest.hexdigest() != member.name:
        part.unlink()
        return Unpacked(member.name, problem="changed while it was being sent")
    return Unpacked(member.name, part=part)


def problems_of(members: Collection[Unpacked]) -> dict[str, str]:
    return {member.name: member.problem for member in members if member.problem}
