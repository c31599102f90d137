"""A folder or archive of a site: everything that can be cleaned is, everything else is named."""

from __future__ import annotations

import csv
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from analysis.errors import OutputFailed, UnusableInput
from analysis.ingest.archive import unpack
from analysis.ingest.options import ReadLimits
from portal.studies.deidentification import dicom_file
from portal.studies.deidentification.cleaning import CannotBeCleaned
from portal.studies.deidentification.pseudonyms import Pseudonyms
from portal.studies.deidentification.rules import Rules
from portal.studies.storage import disc_errors

_START = 132  # bytes that tell DICOM from anything else


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
    name: str
    path: Path


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
    pseudonymous Series and SOP Instance UID.

    Raises
    ------
    UnusableInput
        If there is nothing at ``source``.
    OutputFailed
        If ``target`` is not empty or cannot be written.
    """
    if not source.exists():
        raise UnusableInput(f"There is nothing at {source}.", code="no-input")
    if target.exists() and any(target.iterdir()):
        raise OutputFailed(f"{target} is not empty; name an empty folder.", code="target-not-empty")
    lines = []
    with tempfile.TemporaryDirectory() as scratch:
        for found in _files(source, Path(scratch)):
            line = _one(found, target, rules, pseudonyms)
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
        if not zipfile.is_zipfile(path):
            yield _Found(name, path)
            continue
        folder = scratch / f"{number:06d}"
        folder.mkdir()
        yield from _members(name, path, folder)


def _members(name: str, archive: Path, folder: Path) -> Iterator[_Found]:
    """Unpack one archive, bounded; an archive that cannot be opened is named like a file."""
    try:
        members = unpack(archive, folder, ReadLimits())
    except UnusableInput:
        members = []
    if not members:
        yield _Found(name, archive)
    for member in members:
        yield _Found(f"{name}/{member.name}", Path(member.path))
        Path(member.path).unlink(missing_ok=True)


def _one(found: _Found, target: Path, rules: Rules, pseudonyms: Pseudonyms) -> ReceiptLine:
    try:
        with found.path.open("rb") as file:
            if not dicom_file.is_dicom(file.read(_START)):
                raise CannotBeCleaned("It is not a DICOM image.", code="not-dicom")
            file.seek(0)
            cleaned = dicom_file.clean(dicom_file.read(file), rules, pseudonyms)
        path = target / cleaned.series_uid / f"{cleaned.instance_uid}.dcm"
        if path.exists():
            raise CannotBeCleaned("The same image was there before.", code="twice")
        with disc_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            dicom_file.write(cleaned, path)
    except CannotBeCleaned as refused:
        return ReceiptLine(found.name, refused_because=refused.message, code=refused.code)
    written = path.relative_to(target).as_posix()
    return ReceiptLine(found.name, written=written, removed_attributes=cleaned.removed)
