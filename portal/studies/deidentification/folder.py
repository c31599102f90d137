"""A folder or archive of a site: everything that can be cleaned is, everything else is named."""

from __future__ import annotations

import csv
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from analysis.errors import OutputFailed, UnusableInput
from analysis.ingest.archive import unpack
from analysis.ingest.options import ReadLimits
from analysis.wording import words
from portal.studies.deidentification import dicom_file
from portal.studies.deidentification.cleaning import CannotBeCleaned
from portal.studies.deidentification.dicom_file import CleanFile
from portal.studies.deidentification.nifti import (
    ENDING,
    LARGEST_BYTES,
    SIDECAR_ENDING,
    clean_name,
    clean_nifti,
    clean_sidecar,
)
from portal.studies.deidentification.pseudonyms import Pseudonyms
from portal.studies.deidentification.rules import Rules
from portal.studies.storage import disc_errors

_START = 132  # bytes that tell DICOM from anything else
_START = 132  # as far as the letters DICM
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06")
_WITHOUT_NAMES = "The archive cannot be opened safely; make it again or send the folder."


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """What became of one file. ``source`` stays at the site; the rest may leave it."""

    source: str
    written: str = ""
    removed_attributes: int = 0
    refused_because: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    lines: tuple[ReceiptLine, ...]

    @property
    def written(self) -> tuple[ReceiptLine, ...]:
        return tuple(line for line in self.lines if line.written)

    @property
    def refused(self) -> tuple[ReceiptLine, ...]:
        return tuple(line for line in self.lines if not line.written)


@dataclass(frozen=True, slots=True)
class _Found:
    """A file, or an archive that cannot be opened and why."""

    name: str
    path: Path
    refused: CannotBeCleaned | None = None


@dataclass(frozen=True, slots=True)
class _Copy:
    """A cleaned copy in memory: DICOM as a dataset, anything else as bytes."""

    written: str
    removed: int
    content: bytes | CleanFile


@dataclass(slots=True)
class _Subject:
    """The one patient whose files are cleaned under one code."""

    rules: Rules
    pseudonyms: Pseudonyms
    patient_id: str | None = None

    def require_same(self, patient_id: str) -> None:
        if self.patient_id is None:
            self.patient_id = patient_id
        if self.pseudonyms.subject_code and patient_id != self.patient_id:
            raise CannotBeCleaned(
                "It belongs to another patient than the files before it; send one patient at a "
                "time.",
                code="other-patient",
            )


def deidentify(
    source: Path,
    target: Path,
    *,
    rules: Rules,
    pseudonyms: Pseudonyms,
    on_file: Callable[[ReceiptLine], None] = lambda _: None,
) -> Receipt:
    """Write cleaned copies of the images below ``source`` into an empty folder ``target``.

    File names, folder names and archive comments do not survive: a copy is called by its
    pseudonymous Series and SOP Instance UID, or by known words, echo and part. With one subject
    code only one patient is cleaned.

    Raises
    ------
    UnusableInput
        If there is nothing at ``source``.
    OutputFailed
        If ``target`` is not empty or cannot be written.
    """
    if not source.exists():
        raise UnusableInput(
            words("There is nothing at %(source)s.", source=str(source)), code="no-input"
        )
    if target.exists() and any(target.iterdir()):
        raise OutputFailed(
            words("%(target)s is not empty; name an empty folder.", target=str(target)),
            code="target-not-empty",
        )
    subject = _Subject(rules, pseudonyms)
    lines = []
    with tempfile.TemporaryDirectory() as scratch:
        for found in _files(source, Path(scratch)):
            line = _one(found, target, subject)
            on_file(line)
            lines.append(line)
    return Receipt(tuple(lines))


def write_receipt(receipt: Receipt, path: Path) -> None:
    """Write the receipt as JSON or CSV, by the ending of ``path``."""
    rows = [asdict(line) for line in receipt.lines]
    with disc_errors(), path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            writer = csv.DictWriter(file, fieldnames=[*ReceiptLine.__dataclass_fields__])
            writer.writeheader()
            writer.writerows(rows)
        else:
            json.dump(rows, file, indent=1, ensure_ascii=False)


def _files(source: Path, scratch: Path) -> Iterator[_Found]:
    paths = [source] if source.is_file() else sorted(source.rglob("*"))
    for number, path in enumerate(paths):
        name = path.name if source.is_file() else path.relative_to(source).as_posix()
        if path.is_symlink() or not path.is_file():
            continue
        if not _is_archive(path):
            yield _Found(name, path)
            continue
        folder = scratch / f"{number:06d}"
        folder.mkdir()
        yield from _members(name, path, folder)


def _is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(_START)
    # Pixels may hold the letters that end an archive; what follows an image is not copied.
    return not dicom_file.is_dicom(start) and (start[:4] in _ARCHIVES or zipfile.is_zipfile(path))


def _members(name: str, archive: Path, folder: Path) -> Iterator[_Found]:
    """Unpack one archive, bounded; an archive that cannot be opened is named like a file."""
    try:
        members = unpack(archive, folder, ReadLimits())
    except UnusableInput as error:
        yield _Found(name, archive, CannotBeCleaned(_WITHOUT_NAMES, code=error.code))
        return
    if not members:
        yield _Found(name, archive, CannotBeCleaned("The archive is empty.", code="archive-empty"))
    for member in members:
        yield _Found(f"{name}/{member.name}", Path(member.path))
        Path(member.path).unlink(missing_ok=True)


def _one(found: _Found, target: Path, subject: _Subject) -> ReceiptLine:
    try:
        if found.refused is not None:
            raise found.refused
        copy = _copy_of(found, subject)
        path = target / copy.written
        if path.exists():
            raise CannotBeCleaned("The same image was there before.", code="twice")
        with disc_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(copy.content, bytes):
                path.write_bytes(copy.content)
            else:
                dicom_file.write(copy.content, path)
    except CannotBeCleaned as refused:
        return ReceiptLine(found.name, refused_because=refused.message, code=refused.code)
    return ReceiptLine(found.name, written=copy.written, removed_attributes=copy.removed)


def _copy_of(found: _Found, subject: _Subject) -> _Copy:
    rules, pseudonyms = subject.rules, subject.pseudonyms
    with found.path.open("rb") as file:
        if dicom_file.is_dicom(file.read(_START)):
            file.seek(0)
            return _dicom_copy(file, subject)
        file.seek(0)
        content = file.read(LARGEST_BYTES)
    if ENDING.search(found.name):
        name = clean_name(found.name, ".nii", rules, pseudonyms)
        return _Copy(name, 0, clean_nifti(content))
    if SIDECAR_ENDING.search(found.name):
        sidecar, removed = clean_sidecar(content, rules, pseudonyms)
        return _Copy(clean_name(found.name, ".json", rules, pseudonyms), removed, sidecar)
    raise CannotBeCleaned("It is not a DICOM or NIfTI image.", code="not-an-image")


def _dicom_copy(file: BinaryIO, subject: _Subject) -> _Copy:
    dataset = dicom_file.read(file)
    cleaned = dicom_file.clean(dataset, subject.rules, subject.pseudonyms)
    subject.require_same(dicom_file.patient_id_of(dataset))
    written = f"{cleaned.series_uid}/{cleaned.instance_uid}.dcm"
    return _Copy(written, cleaned.removed, cleaned)
