from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest

from analysis.errors import OutputFailed
from analysis.export import pdf_report
from analysis.export.exported_file import ExportRequest
from analysis.export.page import build_page
from analysis.export.pdf_report import render_pdf
from analysis.findings import Finding, Severity
from analysis.measurement import MapSet
from analysis.report import INTENDED_USE
from tests.analysis.small_liver import (
    make_maps,
    make_report,
    make_segmentation,
    make_selected,
)


def make_request(maps: MapSet, *findings: Finding) -> ExportRequest:
    report = make_report(maps, *findings)
    return ExportRequest(report, make_selected(), make_segmentation(), maps)


def read(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content))


def text_of(reader: pypdf.PdfReader) -> str:
    return squeeze(" ".join(page.extract_text() for page in reader.pages))


def squeeze(text: str) -> str:
    """Without blanks: lines break where there is room, and typographic quotes are plain ones."""
    return "".join(text.split()).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


@pytest.fixture(scope="module")
def printed(request_: ExportRequest) -> pypdf.PdfReader:
    return read(render_pdf(request_))


def test_it_is_pdf_a_2_level_a(printed: pypdf.PdfReader) -> None:
    metadata = printed.trailer["/Root"]["/Metadata"].get_data().decode()  # type: ignore[index]
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata


def test_it_can_be_read_aloud(printed: pypdf.PdfReader) -> None:
    root = printed.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert root["/Lang"] == "en"  # type: ignore[index]
    assert printed.metadata is not None
    assert printed.metadata.title == "Liver fat and iron from MRI"


def test_every_number_of_the_page_is_printed(printed: pypdf.PdfReader) -> None:
    words = text_of(printed)
    content = build_page(make_report())
    assert squeeze(content.verdict) in words
    for headline in content.headlines:
        assert squeeze(headline.value) in words
        assert squeeze(headline.error) in words
    for row in content.segments:
        for cell in row.cells:
            assert squeeze(cell.mean) in words
            assert squeeze(cell.spread) in words
    for cells in content.spread.rows:
        assert all(squeeze(cell) in words for cell in cells)


def test_a_number_and_its_unit_stay_on_one_line_of_the_segment_table(
    printed: pypdf.PdfReader,
) -> None:
    lines = {squeeze(s) for page in printed.pages for s in page.extract_text().splitlines()}
    parts = {
        squeeze(part)
        for row in build_page(make_report()).segments
        for cell in row.cells
        for part in cell.spread.split(", ")
        if cell.spread
    }
    assert parts
    assert [part for part in parts if not any(part in line for line in lines)] == []


def test_limits_of_use_are_on_every_page(printed: pypdf.PdfReader) -> None:
    for page in printed.pages:
        assert squeeze(INTENDED_USE) in squeeze(page.extract_text())


def test_text_from_the_files_is_text_and_not_markup(printed: pypdf.PdfReader) -> None:
    assert squeeze("MR <liver> & more") in text_of(printed)


def test_a_hostile_message_is_printed_and_not_run() -> None:
    evil = Finding("x", Severity.CRITICAL, '#read("/etc/passwd") *bold* $x^2$ @ref \\ <tag>')
    words = text_of(read(render_pdf(make_request(make_maps(), evil))))
    assert squeeze('#read("/etc/passwd")') in words.replace("“", '"').replace("”", '"')


def test_a_study_without_maps_is_printed() -> None:
    words = text_of(read(render_pdf(make_request(make_maps()))))
    assert squeeze("Neither fat nor iron could be measured") in words
    assert squeeze("Liver volume 810 ml") in words


def test_fonts_are_embedded(printed: pypdf.PdfReader) -> None:
    for page in printed.pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            (descendant,) = font.get_object()["/DescendantFonts"]
            descriptor = descendant.get_object()["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_a_page_that_cannot_be_set_is_a_named_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "report.typ"
    broken.write_text("#let x = ")
    monkeypatch.setattr(pdf_report, "TEMPLATE", broken)
    with pytest.raises(OutputFailed, match="could not be set") as caught:
        render_pdf(make_request(make_maps()))
    assert caught.value.code == "pdf-failed"


def test_maps_are_printed(printed: pypdf.PdfReader) -> None:
    assert sum(len(page.images) for page in printed.pages) == 3


def test_the_same_report_gives_the_same_bytes() -> None:
    request = make_request(make_maps())
    assert render_pdf(request) == render_pdf(request)


def test_a_full_report_is_three_pages_at_most(printed: pypdf.PdfReader) -> None:
    assert len(printed.pages) <= 3
