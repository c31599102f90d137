"""The portal's own look at what arrived: a file that still names a person is not kept.

The browser and ``manage.py deidentify`` clean before anything leaves a site. This check stands
behind every door, so that a site which sends by another way cannot send a name by mistake.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from pydicom.dataset import Dataset, FileDataset

from analysis.ingest.elements import raw_value, text
from analysis.ingest.malformed import MALFORMED
from portal.studies.deidentification import dicom_file
from portal.studies.deidentification.cleaning import CannotBeCleaned
from portal.studies.deidentification.file_names import may_name
from portal.studies.deidentification.nifti import free_text_in, sidecar_names_someone
from portal.studies.deidentification.rules import Action, Rules
from portal.studies.deidentification.values import several
from portal.studies.deidentification.wording import known_version, known_words

_START = 132
_NIFTI = (b"\x1f\x8b", b"\x5c\x01\x00\x00", b"\x00\x00\x01\x5c", b"\x1c\x02\x00\x00")
_MOST_MEMBERS = 50_000
_LARGEST_MEMBER = 1024**3
_LARGEST_SIDECAR = 1024**2
_DEEPEST = 3
_IN_MEMORY = 8 * 1024**2
_PIECE = 1024**2
# What a cleaner declares about its own work (PS3.15 E.1), and how text is encoded.
_DECLARATIONS = frozenset({0x00080005, 0x00120062, 0x00120063, 0x00120064, 0x00280303})
_IDENTITY_REMOVED = 0x00120062


def problem_of(file: BinaryIO, rules: Rules, depth: int = 0) -> str:
    """Return why a received file must not be kept, or nothing. Values are never quoted.

    ``depth`` counts the archives around the file.
    """
    start = file.read(_START)
    file.seek(0)
    if zipfile.is_zipfile(file) and (not dicom_file.is_dicom(start) or _opens(file)):
        if depth == _DEEPEST:
            return "archives lie too deep within each other"
        return next((problem for problem in _in_archive(file, rules, depth) if problem), "")
    file.seek(0)
    if dicom_file.is_dicom(start):
        return _in_dicom(file, rules)
    if start.startswith(_NIFTI):
        return _in_nifti(file)
    return (
        _in_sidecar(file, rules)
        if start.lstrip()[:1] == b"{"
        else "it is neither an image nor a ZIP"
    )


def _opens(file: BinaryIO) -> bool:
    """Tell an archive behind an image from pixels that happen to hold an archive's four letters."""
    try:
        zipfile.ZipFile(file).close()
    except (zipfile.BadZipFile, *MALFORMED):
        return False
    return True


def _in_archive(file: BinaryIO, rules: Rules, depth: int) -> Iterator[str]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > _MOST_MEMBERS:
                yield "the archive holds too many files"
                return
            if archive.comment:
                yield "the archive carries a comment"
            for member in members:
                if member.comment or may_name(member.filename, rules):
                    yield "a name or comment in the archive may name someone"
                if member.file_size > _LARGEST_MEMBER:
                    yield "a file in the archive is too large"
                    return
                with _unpacked(archive, member, _folder_of(file)) as content:
                    yield problem_of(content, rules, depth + 1)
    except (zipfile.BadZipFile, RuntimeError, *MALFORMED):
        yield "the archive is damaged or protected"


def _folder_of(file: BinaryIO) -> str | None:
    name = getattr(file, "name", None)  # a file of its own has one, a member of an archive not
    return str(Path(name).parent) if isinstance(name, str) else None


@contextmanager
def _unpacked(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: str | None
) -> Iterator[BinaryIO]:
    """Unpack a member without holding a large one in memory: it lies beside its archive."""
    with SpooledTemporaryFile(max_size=_IN_MEMORY, dir=folder) as content:
        with archive.open(member) as source:
            shutil.copyfileobj(source, content, _PIECE)
        content.seek(0)
        yield cast("BinaryIO", content)


def _in_dicom(file: BinaryIO, rules: Rules) -> str:
    try:
        dataset = dicom_file.read(file, has_pixels=False)
        with dicom_file.without_remarks():
            dicom_file.refuse_what_may_show_names(dataset, rules)
            return _in_header(dataset, rules)
    except CannotBeCleaned as refused:
        return refused.message


def _in_header(dataset: FileDataset, rules: Rules) -> str:
    if text(dataset, _IDENTITY_REMOVED) != "YES":
        return "its header does not say that the patient's identity was removed"
    found = next(_naming_attributes(dataset, rules), None)
    return (
        ""
        if found is None
        else f"attribute ({found >> 16:04X},{found & 0xFFFF:04X}) may name someone"
    )


def _naming_attributes(dataset: Dataset, rules: Rules) -> Iterator[int]:
    for tag in map(int, dataset.keys()):
        if (tag >> 16) % 2:
            if not _is_safe_private(dataset, tag, rules):
                yield tag
            continue
        action = rules.actions.get(tag)
        if tag in _DECLARATIONS:
            continue
        if action is None or _may_name(raw_value(dataset, tag), action, rules):
            yield tag
        elif action is Action.ITEMS:
            for item in raw_value(dataset, tag) or []:
                yield from _naming_attributes(item, rules)


def _may_name(value: object, action: Action, rules: Rules) -> bool:
    if action is Action.EMPTY:
        return bool(str(value or ""))
    if action in {Action.WORDS, Action.VERSION}:
        clean = known_words if action is Action.WORDS else known_version
        given = [" ".join(str(each).split()) for each in several(value)] if value else []
        return any(clean(each, rules) != each for each in given)
    return False


def _is_safe_private(dataset: Dataset, tag: int, rules: Rules) -> bool:
    group, element = tag >> 16, tag & 0xFFFF
    if 0x10 <= element <= 0xFF:  # a private creator
        return text(dataset, tag) in {rule.creator for rule in rules.private}
    creator = text(dataset, group << 16 | element >> 8)
    known = {(rule.creator, rule.group, rule.element) for rule in rules.private}
    return (creator, group, element & 0xFF) in known


def _in_nifti(file: BinaryIO) -> str:
    try:
        has_text = free_text_in(file)
    except CannotBeCleaned:
        return "it is damaged"
    return "its header holds free text or an extension, which may name someone" if has_text else ""


def _in_sidecar(file: BinaryIO, rules: Rules) -> str:
    content = file.read(_LARGEST_SIDECAR)
    try:
        return "its side-car may name someone" if sidecar_names_someone(content, rules) else ""
    except CannotBeCleaned:
        return "it is neither an image nor a ZIP"
