"""One DICOM file: judged, cleaned, written; or not sent, with the reason."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.sequence import Sequence
from pydicom.uid import UID

from analysis.ingest.elements import integer, raw_value, text, words
from analysis.ingest.malformed import MALFORMED
from portal.studies.deidentification.cleaning import CannotBeCleaned, Cleaner
from portal.studies.deidentification.pseudonyms import Pseudonyms
from portal.studies.deidentification.rules import Rules, load_rules

METHOD = "Lobule rules"
_PREFIX_OFFSET, _PREFIX = 128, b"DICM"
_EARLY_GROUPS = (b"\x02\x00", b"\x08\x00")
# The element (0002,0010), always in explicit VR and little endian (PS3.10 7.1).
_SYNTAX = re.compile(rb"\x02\x00\x10\x00UI..([0-9.]+)", re.DOTALL)
_MOST_META = 64 * 1024
_SOP_CLASS, _SOP_INSTANCE, _SERIES, _PATIENT_ID = 0x00080016, 0x00080018, 0x0020000E, 0x00100020


@dataclass(frozen=True, slots=True)
class CleanFile:
    """A cleaned dataset and where it belongs."""

    dataset: FileDataset
    series_uid: str
    instance_uid: str
    removed: int


def is_dicom(start: bytes) -> bool:
    """Say whether a file begins as DICOM does, whatever it is called."""
    return start[_PREFIX_OFFSET : _PREFIX_OFFSET + 4] == _PREFIX or start[:2] in _EARLY_GROUPS


@contextmanager
def without_remarks() -> Iterator[None]:
    """Silence pydicom's warnings: they quote the values."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _refuse_deflated(syntaxes: Iterable[str]) -> None:
    if not load_rules().refused_transfer_syntaxes.isdisjoint(syntaxes):
        raise CannotBeCleaned(
            "It is deflated; export it again without this compression.", code="deflated"
        )


def _refuse_before_inflating(file: BinaryIO) -> None:
    """Look at the encoding before the reader does: it would inflate the whole file at once."""
    start = file.read(_MOST_META)
    file.seek(0)
    found = [value.decode("ascii") for value in _SYNTAX.findall(start)]
    _refuse_deflated(found)
    if not found and _PREFIX in start[: _PREFIX_OFFSET + 4]:
        raise _no_encoding()


def _no_encoding() -> CannotBeCleaned:
    return CannotBeCleaned(
        "It does not say how it is encoded, or in a vendor's own way; export it again.",
        code="no-encoding",
    )


def read(file: BinaryIO, *, has_pixels: bool = True) -> FileDataset:
    _refuse_before_inflating(file)
    try:
        with without_remarks():
            dataset = dcmread(file, force=True, stop_before_pixels=not has_pixels)
    except (InvalidDicomError, OSError, *MALFORMED) as error:
        raise CannotBeCleaned("It is damaged and cannot be read.", code="damaged") from error
    syntax = str(dataset.file_meta.get("TransferSyntaxUID") or "")
    if not load_rules().transfer_syntaxes.match(syntax):
        raise _no_encoding()
    return dataset


def clean(dataset: FileDataset, rules: Rules, pseudonyms: Pseudonyms) -> CleanFile:
    """Return the cleaned copy of a file.

    Raises
    ------
    CannotBeCleaned
        If the file is of a kind that may carry names in its pixels or in free text.
    """
    with without_remarks():
        refuse_what_may_show_names(dataset, rules)
        if not _has_all_pixels(dataset):
            raise CannotBeCleaned(
                "Its pixels are missing or cut off; export it again.", code="damaged"
            )
        patient_id = patient_id_of(dataset)
        cleaner = Cleaner(rules, pseudonyms, patient_id)
        kept = cleaner.clean(dataset)
        _require_identifiers(kept)
        _declare(kept, rules, pseudonyms.subject(patient_id))
        written = FileDataset("", kept, preamble=b"\0" * 128, file_meta=_meta(dataset, kept, rules))
    return CleanFile(
        written, str(kept.SeriesInstanceUID), str(kept.SOPInstanceUID), cleaner.removed
    )


def patient_id_of(dataset: Dataset) -> str:
    """Return the Patient ID as pseudonyms are made from it."""
    with without_remarks():
        return text(dataset, _PATIENT_ID)


def write(clean_file: CleanFile, path: Path) -> None:
    with without_remarks(), path.open("xb") as file:
        dcmwrite(file, clean_file.dataset, enforce_file_format=True)


def refuse_what_may_show_names(dataset: FileDataset, rules: Rules) -> None:
    sop_class = text(dataset, _SOP_CLASS)
    if sop_class not in rules.sop_classes:
        raise CannotBeCleaned(
            "Only MR and CT images and parametric maps are sent; this is another kind of object.",
            code="kind-not-sent",
        )
    _refuse_deflated([str(dataset.file_meta.TransferSyntaxUID)])
    if text(dataset, 0x00280301).upper() == "YES":
        raise CannotBeCleaned("Its header says that text is burned in.", code="burned-in")
    if _names_a_screenshot(dataset, rules):
        raise CannotBeCleaned(
            "It is a screen save or an overlay, which may show the patient's name.",
            code="screen-save",
        )
    photometric = text(dataset, 0x00280004)
    if photometric not in rules.photometric_interpretations or integer(dataset, 0x00280002) != 1:
        raise CannotBeCleaned(
            "It is a colour image, which may show the patient's name.", code="colour"
        )


def _has_all_pixels(dataset: FileDataset) -> bool:
    values = (raw_value(dataset, tag) for tag in (0x7FE00010, 0x7FE00008, 0x7FE00009))
    pixels = next((value for value in values if value), None)
    if not isinstance(pixels, bytes) or dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return bool(pixels)
    sizes = [integer(dataset, tag) or 0 for tag in (0x00280010, 0x00280011, 0x00280100)]
    frames = integer(dataset, 0x00280008) or 1
    return len(pixels) * 8 >= frames * math.prod(sizes) > 0


def _names_a_screenshot(dataset: Dataset, rules: Rules) -> bool:
    image_type = words(dataset, 0x00080008)
    said = any(refused in value for value in image_type for refused in rules.refused_image_types)
    described = rules.refused_descriptions.search(text(dataset, 0x0008103E)) is not None
    return said or described or 0x00080064 in dataset  # ConversionType: made from something else


def _require_identifiers(kept: Dataset) -> None:
    for tag in (_SOP_CLASS, _SOP_INSTANCE, 0x0020000D, _SERIES):
        if not text(kept, tag):
            raise CannotBeCleaned("Its identifiers are missing.", code="no-identifiers")


def _declare(kept: Dataset, rules: Rules, subject: str) -> None:
    """Say in the file what was done to it (PS3.15 E.1)."""
    kept.SpecificCharacterSet = "ISO_IR 192"
    kept.PatientName = subject
    kept.PatientID = subject
    kept.PatientIdentityRemoved = "YES"
    kept.DeidentificationMethod = f"{METHOD} {rules.version}"
    kept.LongitudinalTemporalInformationModified = "MODIFIED"
    kept.DeidentificationMethodCodeSequence = Sequence(
        _code(value, meaning) for value, meaning in rules.method_codes
    )


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def _meta(dataset: FileDataset, kept: Dataset, rules: Rules) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    meta.MediaStorageSOPClassUID = kept.SOPClassUID
    meta.MediaStorageSOPInstanceUID = kept.SOPInstanceUID
    class_uid, version_name = rules.implementation
    meta.ImplementationClassUID, meta.ImplementationVersionName = UID(class_uid), version_name
    return meta
