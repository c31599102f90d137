"""Who made a DICOM object, when, and under which identifiers: the same input, the same object."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian

from analysis.export.exported_file import ExportRequest

MANUFACTURER = "Lobule"
MODEL_NAME = "Lobule liver analysis"
SERIAL_NUMBER = "none"
PRIVATE_SCHEME = "99MRVB"
_NO_TIME = "000000"
_UNKNOWN_DATE = "19000101"


@dataclass(frozen=True, slots=True)
class ObjectIdentity:
    """Identifiers of one object in a series of its own."""

    series_instance_uid: UID
    sop_instance_uid: UID
    series_number: int


def identify(request: ExportRequest, name: str, series_number: int) -> ObjectIdentity:
    """Return identifiers that depend on the study, the numbers and the labels, and nothing else.

    A corrected mask gives other identifiers, as DICOM wants for another object. UIDs are derived
    from UUIDs (PS3.5 B.2).

    Parameters
    ----------
    request
        What is exported.
    name
        Of the object, unique in a study.
    series_number
        Shown by viewers.
    """
    digest = uuid.uuid5(uuid.NAMESPACE_OID, request.selected.description.study_instance_uid)
    values = [m.value for m in request.report.measurements]
    content = np.asarray(values, dtype="<f8").tobytes() + request.labels.array.tobytes()
    seed = uuid.uuid5(digest, f"{name}/{content.hex()}")
    return ObjectIdentity(_uid(seed, "series"), _uid(seed, "instance"), series_number)


def _uid(seed: uuid.UUID, part: str) -> UID:
    return UID(f"2.25.{uuid.uuid5(seed, part).int}")


def tracking_uid(sop_instance_uid: str, key: str) -> UID:
    """Return the identifier of a structure in an object, the same wherever it is referred to.

    Parameters
    ----------
    sop_instance_uid
        Of the Segmentation that draws it.
    key
        Of the structure.
    """
    return _uid(uuid.uuid5(uuid.NAMESPACE_OID, sop_instance_uid), key)


def software_versions(request: ExportRequest) -> str:
    """Return the version of this software, or "unknown"."""
    return dict(request.report.software).get("lobule", "unknown")


def make_reproducible(dataset: Dataset, request: ExportRequest) -> None:
    """Replace times of the clock and random identifiers by those that follow from the input.

    Exports are functions of their input: when they ran stands in the audit trail, not in them.

    Parameters
    ----------
    dataset
        Changed in place, with the items of its sequences.
    request
        Gives the date of the study.
    """
    date = request.selected.description.study_date.replace("-", "") or _UNKNOWN_DATE
    dimensions = tracking_uid(dataset.SOPInstanceUID, "dimensions")
    fixed = {
        **dict.fromkeys(("ContentDate", "InstanceCreationDate", "SeriesDate"), date),
        **dict.fromkeys(("ContentTime", "InstanceCreationTime", "SeriesTime"), _NO_TIME),
        "ContributionDateTime": date + _NO_TIME,
        "DimensionOrganizationUID": dimensions,
    }
    for element in dataset.iterall():
        if element.value and element.keyword in fixed:
            element.value = fixed[element.keyword]


def declare_private_codes(dataset: Dataset) -> None:
    """Say in an object whose the codes of the scheme 99MRVB are (PS3.3 C.12.1.1.7)."""
    scheme = Dataset()
    scheme.CodingSchemeDesignator = PRIVATE_SCHEME
    scheme.CodingSchemeName = "Quantities of Lobule without a code in DICOM"
    scheme.CodingSchemeResponsibleOrganization = MANUFACTURER
    dataset.CodingSchemeIdentificationSequence = [scheme]


def to_bytes(dataset: Dataset) -> bytes:
    """Return a DICOM object as the bytes of a file."""
    if dataset.file_meta.TransferSyntaxUID != ExplicitVRLittleEndian:
        raise ValueError("objects are written as explicit VR little endian")
    stream = io.BytesIO()
    dcmwrite(stream, dataset, enforce_file_format=True)
    return stream.getvalue()
