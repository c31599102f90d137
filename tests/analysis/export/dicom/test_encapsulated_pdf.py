from __future__ import annotations

import io

from pydicom import dcmread

from analysis.export.dicom.encapsulated_pdf import ENCAPSULATED_PDF_EXPORTER
from analysis.export.exported_file import ExportRequest
from analysis.export.pdf_report import render_pdf
from tests.analysis.small_liver import (
    SOURCE,
    default_maps,
    make_maps,
    make_report,
    make_segmentation,
    make_selected,
)


def test_the_document_comes_back_whole(request_: ExportRequest) -> None:
    written = dcmread(io.BytesIO(ENCAPSULATED_PDF_EXPORTER.render(request_) or b""))
    content = bytes(written.EncapsulatedDocument)[: written.EncapsulatedDocumentLength]
    assert content == render_pdf(request_)
    assert written.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert written.Modality == "DOC"


def test_it_belongs_to_the_study_and_names_the_images(request_: ExportRequest) -> None:
    written = dcmread(io.BytesIO(ENCAPSULATED_PDF_EXPORTER.render(request_) or b""))
    assert (written.StudyInstanceUID, written.PatientID) == ("1.2.3", "P-0001")
    named = [str(item.ReferencedSOPInstanceUID) for item in written.SourceInstanceSequence]
    assert named == list(SOURCE.sop_instance_uids)


def test_other_numbers_make_another_object(request_: ExportRequest) -> None:
    maps = make_maps()
    other = ExportRequest(make_report(maps), make_selected(), make_segmentation(), maps)
    objects = [
        dcmread(io.BytesIO(ENCAPSULATED_PDF_EXPORTER.render(one) or b""))
        for one in (request_, other)
    ]
    assert objects[0].SOPInstanceUID != objects[1].SOPInstanceUID


def test_nothing_is_written_without_dicom_images() -> None:
    maps = default_maps()
    request = ExportRequest(
        make_report(maps), make_selected(source=None), make_segmentation(), maps
    )
    assert ENCAPSULATED_PDF_EXPORTER.render(request) is None
