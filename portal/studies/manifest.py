"""The list of files that site and portal agree on before anything is analysed."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePosixPath

from django.conf import settings

from analysis.wording import words
from portal.errors import PortalError

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_PATH = 1024


class ManifestRefused(PortalError):
    """The list of files cannot be accepted as it is."""


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """One announced file: a path below the chosen folder, its size and its SHA-256."""

    relative_path: str
    size_bytes: int
    sha256: str

    def __post_init__(self) -> None:
        if not _is_safe(self.relative_path):
            raise ManifestRefused(
                words(
                    "The file name %(name)s cannot be accepted; rename the file and choose the "
                    "folder again.",
                    name=f"{self.relative_path[:120]!r}",
                ),
                code="unsafe-path",
            )
        if not _SHA256.fullmatch(self.sha256):
            raise ManifestRefused(
                words("The checksum of %(name)s is not a SHA-256.", name=f"{self.relative_path!r}"),
                code="bad-checksum",
            )
        if not 0 <= self.size_bytes <= settings.UPLOAD_MAX_FILE_BYTES:
            raise ManifestRefused(
                words(
                    "%(name)s is larger than the %(most)s that one file may have.",
                    name=f"{self.relative_path!r}",
                    most=_gib(settings.UPLOAD_MAX_FILE_BYTES),
                ),
                code="file-too-large",
                status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            )


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of one study, sorted by path, each path once."""

    lines: tuple[ManifestLine, ...]

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.lines, key=lambda line: line.relative_path))
        object.__setattr__(self, "lines", ordered)
        if not ordered:
            raise ManifestRefused(words("There is no file in the folder."), code="empty-manifest")
        if len(ordered) > settings.UPLOAD_MAX_FILES:
            raise ManifestRefused(
                words(
                    "%(count)s files are more than the %(most)s that one upload may have; send one "
                    "study at a time.",
                    count=len(ordered),
                    most=settings.UPLOAD_MAX_FILES,
                ),
                code="too-many-files",
                status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            )
        if self.size_bytes > settings.UPLOAD_MAX_BYTES:
            raise ManifestRefused(
                words(
                    "The files are %(size)s together, more than the %(most)s that one upload may "
                    "have; send one study at a time.",
                    size=_gib(self.size_bytes),
                    most=_gib(settings.UPLOAD_MAX_BYTES),
                ),
                code="upload-too-large",
                status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            )
        _refuse_clashes([line.relative_path for line in ordered])

    @property
    def size_bytes(self) -> int:
        return sum(line.size_bytes for line in self.lines)

    @property
    def hash(self) -> str:
        """SHA-256 over the sorted lines, as ``[path, size, sha256]`` in JSON without spaces."""
        rows = [[line.relative_path, line.size_bytes, line.sha256] for line in self.lines]
        text = json.dumps(rows, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    @classmethod
    def of(cls, lines: Iterable[ManifestLine]) -> Manifest:
        return cls(tuple(lines))


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / 1024**3:.1f} GiB"


def _is_safe(path: str) -> bool:
    if not 0 < len(path) <= _LONGEST_PATH or "\\" in path or path.startswith("/"):
        return False
    # Control characters (Cc) and lone surrogates (Cs) cannot be shown or written.
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in path):
        return False
    return all(part not in {"", ".", ".."} for part in path.split("/"))


def _refuse_clashes(paths: Sequence[str]) -> None:
    known = set(paths)
    if len(known) != len(paths):
        raise ManifestRefused(words("A file is named twice in the list."), code="path-twice")
    for path in paths:
        parents = (str(parent) for parent in PurePosixPath(path).parents)
        if clash := next((parent for parent in parents if parent in known), None):
            raise ManifestRefused(
                words("%(name)s is named both as a file and as a folder.", name=repr(clash)),
                code="path-clash",
            )
