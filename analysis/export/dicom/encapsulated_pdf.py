"""The printed report as a DICOM Encapsulated PDF, for archives that keep documents with images."""

from __future__ import annotations

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from analysis.export.dicom.identity import (
    MANUFACTURER,
    MODEL_NAME,
    ObjectIdentity,
    identify,
    make_reproducible,
    software_versions,
    to_bytes,
)
from analysis.export.dicom.source_images import source_images
from analysis.export.exported_file import Exporter, ExportRequest
from analysis.export.pdf_report import render_pdf

FILE_NAME = "report.dcm"
SERIES_NUMBER = 9031
TITLE = "Liver fat and iron from MRI"


def build_encapsulated_pdf(request: ExportRequest) -> Dataset | None:
    """Return the printed report as a DICOM object, or None without DICOM images behind it.

    Parameters
    ----------
    request
        Report and the images referred to.

    References
    ----------
    PS3.3 A.45.1, Encapsulated PDF.
    """
    images = source_images(request)
    if images is None:
        return None
    document = _patient_and_study(images[0])
    _add_equipment(document, request, identify(request, FILE_NAME, SERIES_NUMBER))
    content = render_pdf(request)
    document.DocumentTitle = TITLE
    document.MIMETypeOfEncapsulatedDocument = "application/pdf"
    document.EncapsulatedDocumentLength = len(content)
    document.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    document.ConceptNameCodeSequence = []
    document.BurnedInAnnotation = "YES"
    document.SourceInstanceSequence = [_reference(image) for image in images]
    make_reproducible(document, request)
    return document


def _patient_and_study(image: Dataset) -> Dataset:
    document = Dataset()
    for keyword in (
        "SpecificCharacterSet",
        "StudyInstanceUID",
        "StudyDate",
        "StudyTime",
        "StudyID",
        "StudyDescription",
        "AccessionNumber",
        "ReferringPhysicianName",
        "PatientID",
        "PatientName",
        "PatientBirthDate",
        "PatientSex",
    ):
        document[keyword] = image[keyword]
    return document


def _add_equipment(document: Dataset, request: ExportRequest, identity: ObjectIdentity) -> None:
    document.file_meta = FileMetaDataset()
    document.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    document.file_meta.MediaStorageSOPClassUID = EncapsulatedPDFStorage
    document.file_meta.MediaStorageSOPInstanceUID = identity.sop_instance_uid
    document.SOPClassUID = EncapsulatedPDFStorage
    document.SOPInstanceUID = identity.sop_instance_uid
    document.SeriesInstanceUID = identity.series_instance_uid
    document.SeriesNumber = identity.series_number
    document.SeriesDescription = "Liver report (Lobule)"
    document.InstanceNumber = 1
    document.Modality = "DOC"
    document.ConversionType = "WSD"
    document.Manufacturer = MANUFACTURER
    document.ManufacturerModelName = MODEL_NAME
    document.SoftwareVersions = software_versions(request)
    document.ContentDate = document.ContentTime = document.AcquisitionDateTime = ""


def _reference(image: Dataset) -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID = image.SOPClassUID
    reference.ReferencedSOPInstanceUID = image.SOPInstanceUID
    return reference


def _render(request: ExportRequest) -> bytes | None:
    document = build_encapsulated_pdf(request)
    return None if document is None else to_bytes(document)


ENCAPSULATED_PDF_EXPORTER = Exporter(
    FILE_NAME, "application/dicom", "The report for print as DICOM Encapsulated PDF", _render
)
