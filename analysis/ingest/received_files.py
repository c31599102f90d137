"""The files that were received: found, told apart by their first bytes, none silently dropped."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from pathlib import Path

from analysis.errors import UnusableInput
from analysis.ingest.options import ReadLimits
from analysis.study import SkippedFile
from analysis.wording import words

SNIFFED_BYTES = 352
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
GZIP_MAGIC = b"\x1f\x8b"
NIFTI_MAGICS = (b"n+1\x00", b"n+2\x00")
EARLY_DICOM_GROUPS = (0x0002, 0x0008)
INDEX_NAMES = ("DICOMDIR",)
SYSTEM_NAMES = (".ds_store", "thumbs.db", "desktop.ini")
SYSTEM_FOLDERS = ("__MACOSX",)


class FileKind(Enum):
    """What a file is, by its first bytes."""

    DICOM = auto()
    NIFTI = auto()
    SIDECAR = auto()
    ARCHIVE = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that was received.

    Parameters
    ----------
    name
        Its name as the sender knows it, with folders.
    path
        Where it lies now.
    kind
        What it is.
    reason
        Why it is not read, for files of the kind OTHER.
    """

    name: str
    path: Path
    kind: FileKind
    reason: str = ""

    @property
    def as_skipped(self) -> SkippedFile:
        """The line that says why this file was not read."""
        return SkippedFile(self.name, self.reason)


def list_files(source: Path, limits: ReadLimits) -> list[ReceivedFile]:
    """Return every file of a folder (or the one file), sorted by name.

    Raises
    ------
    UnusableInput
        If there is nothing at ``source``, no file in it, or more files than allowed.
    """
    if source.is_file():
        return [describe_file(source.name, source)]
    if not source.is_dir():
        raise UnusableInput(
            words("There is no file or folder named %(name)s; check the path.", name=source.name),
            code="no-such-input",
        )
    try:
        paths = list(islice(_walk(source), limits.max_files + 1))
    except OSError as error:
        raise UnusableInput(
            words(
                "The folder %(name)s cannot be opened (%(problem)s); check its permissions.",
                name=source.name,
                problem=str(error.strerror),
            ),
            code="folder-not-readable",
        ) from error
    found = [describe_file(path.relative_to(source).as_posix(), path) for path in paths]
    if len(found) > limits.max_files:
        raise UnusableInput(
            words(
                "The folder holds more than %(most)s files; send one study at a time.",
                most=f"{limits.max_files:,}",
            ),
            code="too-many-files",
        )
    if not found:
        raise UnusableInput(
            words("The folder is empty; choose the folder that holds the exported images."),
            code="empty-folder",
        )
    return sorted(found, key=lambda file: file.name)


def _walk(folder: Path) -> Iterator[Path]:
    """Yield all paths below a folder that are not folders, without following links."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        else:
            yield path


def describe_file(name: str, path: Path) -> ReceivedFile:
    """Tell by its first bytes what a file is; only regular files are opened."""
    if not stat.S_ISREG(path.lstat().st_mode):
        return ReceivedFile(name, path, FileKind.OTHER, "a link or device, which is not followed")
    try:
        with path.open("rb") as stream:
            head = stream.read(SNIFFED_BYTES)
    except OSError as error:
        reason = f"it cannot be opened ({error.strerror})"
        return ReceivedFile(name, path, FileKind.OTHER, reason)
    kind, reason = _kind(name, head)
    return ReceivedFile(name, path, kind, reason)


def _kind(name: str, head: bytes) -> tuple[FileKind, str]:
    base = name.rsplit("/", 1)[-1]
    if base.lower() in SYSTEM_NAMES or name.split("/")[0] in SYSTEM_FOLDERS or base[:2] == "._":
        return FileKind.OTHER, "a file of the operating system, not an image"
    if not head:
        return FileKind.OTHER, "empty (0 bytes); send it again"
    if base.upper() in INDEX_NAMES:
        return FileKind.OTHER, "the index of a disc, not an image"
    found = next((kind for matches, kind in SIGNATURES if matches(base.lower(), head)), None)
    return (found, "") if found else (FileKind.OTHER, "not a DICOM or NIfTI image")


def _looks_like_early_dicom(head: bytes) -> bool:
    """Tell whether a file without preamble begins with a DICOM element of the first groups."""
    if len(head) < 8 or int.from_bytes(head[:2], "little") not in EARLY_DICOM_GROUPS:
        return False
    is_explicit = head[4:6].isalpha() and head[4:6].isupper()
    return is_explicit or int.from_bytes(head[4:8], "little") < SNIFFED_BYTES


def _looks_like_nifti(name: str, head: bytes) -> bool:
    is_packed = head.startswith(GZIP_MAGIC) and name.endswith(".nii.gz")
    return is_packed or head[344:348] in NIFTI_MAGICS or head[4:8] in NIFTI_MAGICS


SIGNATURES: tuple[tuple[Callable[[str, bytes], bool], FileKind], ...] = (
    (lambda _, head: head[128:132] == b"DICM", FileKind.DICOM),
    (lambda _, head: head.startswith(ZIP_MAGICS), FileKind.ARCHIVE),
    (_looks_like_nifti, FileKind.NIFTI),
    (lambda name, _: name.endswith(".json"), FileKind.SIDECAR),
    (lambda _, head: _looks_like_early_dicom(head), FileKind.DICOM),
)
