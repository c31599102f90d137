"""What ISO 19005-2 (PDF/A-2a) asks for and can be read from the file's structure.

No validator for PDF/A is among Python's packages; these are the rules that a wrong setting or a
newer typst would break. ISO 19005-2, clauses in brackets.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pypdf
import pytest
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from analysis.export.exported_file import ExportRequest
from analysis.export.page_tables import Table
from analysis.export.pdf_report import MOST_PAGES, page_count, render_pdf
from analysis.export.printed_sign_off import PrintedSignature, PrintedSignOff

CODE = ("111", "101", "111")
SIGNED = PrintedSignOff(
    version="Version 2, by Rosa Lee: bowel left out.",
    impression="Mild steatosis.\nNo iron.",
    regions=Table(("Region", "PDFF (%)", "Voxels"), (("1. Circle 20 mm", "12.0 (SD 0.4)", "97"),)),
    signatures=(
        PrintedSignature(
            "Rosa Lee", "20 November 2026, 19:00:00 UTC", "I read", "ab" * 32, "cd" * 32
        ),
    ),
    check="To check: https://lobule.example/verify/abab/",
    code=CODE,
)


@pytest.fixture(scope="module")
def content(request_: ExportRequest) -> bytes:
    return render_pdf(request_, SIGNED)


@pytest.fixture(scope="module")
def root(content: bytes) -> DictionaryObject:
    found = pypdf.PdfReader(io.BytesIO(content)).trailer["/Root"]
    assert isinstance(found, DictionaryObject)
    return found


@pytest.fixture(scope="module")
def objects(content: bytes) -> list[Any]:
    reader = pypdf.PdfReader(io.BytesIO(content))
    return [reader.get_object(n) for n in range(1, int(reader.trailer["/Size"]))]  # type: ignore[call-overload]


def dictionaries(objects: list[Any]) -> Iterator[DictionaryObject]:
    yield from (each for each in objects if isinstance(each, DictionaryObject))


def test_it_is_not_encrypted_and_has_an_identifier(content: bytes) -> None:  # 6.1.3
    reader = pypdf.PdfReader(io.BytesIO(content))
    assert "/Encrypt" not in reader.trailer
    assert len(reader.trailer["/ID"]) == 2  # type: ignore[arg-type]


def test_colours_have_an_output_intent(root: DictionaryObject) -> None:  # 6.2.3
    intents = root["/OutputIntents"]
    assert isinstance(intents, ArrayObject)
    (intent,) = (each.get_object() for each in intents)
    assert intent["/S"] == "/GTS_PDFA1"
    profile = intent["/DestOutputProfile"].get_object()
    assert isinstance(profile, StreamObject)
    icc = profile.get_data()  # ISO 15076-1, 7.2: size, class, colour space and signature
    assert int.from_bytes(icc[:4], "big") == len(icc)
    assert icc[36:40] == b"acsp"
    assert {b"RGB ": 3, b"GRAY": 1}[icc[16:20]] == profile["/N"]


def test_every_font_is_embedded_and_can_be_searched(objects: list[Any]) -> None:  # 6.2.11
    fonts = [d for d in dictionaries(objects) if d.get("/Type") == "/Font"]
    assert fonts
    for font in fonts:
        if font["/Subtype"] == "/Type0":
            assert "/ToUnicode" in font
        elif font["/Subtype"] != "/Type3":
            described = font["/FontDescriptor"]
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(described)


def test_nothing_runs_and_nothing_is_fetched(objects: list[Any]) -> None:  # 6.5, 6.6
    forbidden = {"/JavaScript", "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData"}
    for each in dictionaries(objects):
        assert each.get("/S") not in forbidden
        assert not {"/AA", "/JS", "/OpenAction"} & set(each)
        assert each.get("/Filter") != "/LZWDecode"
        if each.get("/Type") == "/Filespec":
            pytest.fail("a file is attached")


def test_metadata_is_readable_and_says_level_a(root: DictionaryObject) -> None:  # 6.6.2, 6.6.4
    metadata = root["/Metadata"]
    assert isinstance(metadata, StreamObject)
    assert "/Filter" not in metadata
    text = metadata.get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in text
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in text


def structure(node: Any, seen: set[int] | None = None) -> Iterator[DictionaryObject]:
    """Walk the tree of tags."""
    seen = set() if seen is None else seen
    if isinstance(node, IndirectObject):
        if node.idnum in seen:
            return
        seen.add(node.idnum)
        node = node.get_object()
    if isinstance(node, ArrayObject):
        for each in node:
            yield from structure(each, seen)
    elif isinstance(node, DictionaryObject):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from structure(node.raw_get("/K"), seen)


def test_tags_tell_a_screen_reader_what_is_what(root: DictionaryObject) -> None:  # 6.7
    assert root["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert root["/Lang"] == "en"
    tags = list(structure(root["/StructTreeRoot"]))
    names = [str(tag["/S"]) for tag in tags]
    assert names.count("/H1") == 1
    assert names.count("/H2") >= 6
    assert {"/Table", "/TR", "/TH", "/TD", "/P"} <= set(names)


def test_every_picture_is_described(root: DictionaryObject) -> None:  # 6.7.3.4
    figures = [t for t in structure(root["/StructTreeRoot"]) if t["/S"] == "/Figure"]
    assert len(figures) >= 3
    for figure in figures:
        assert str(figure["/Alt"]).strip()


def test_it_has_two_pages_at_most(content: bytes) -> None:
    assert page_count(content) == len(pypdf.PdfReader(io.BytesIO(content)).pages) <= MOST_PAGES


def test_signatures_are_printed_with_name_time_meaning_and_hash(content: bytes) -> None:
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    text = "".join("".join(page.extract_text().split()) for page in pages)
    (signature,) = SIGNED.signatures
    for words in (signature.printed_name, signature.signed_at, signature.meaning, SIGNED.check):
        assert "".join(words.split()) in text
    assert signature.record_sha256 in text
    assert "12.0(SD0.4)" in text


def test_the_number_of_pages_is_the_file_s_own(content: bytes) -> None:
    with pytest.raises(ValueError, match="how many pages"):
        page_count(content.replace(b"xmpTPg:NPages", b"xmpTPg:Nothing"))
