"""The report for print as PDF/A, set by typst from the same text as the page."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
import typst

from analysis.errors import OutputFailed
from analysis.export.exported_file import Exporter, ExportRequest
from analysis.export.histogram_drawing import HEIGHT, WIDTH, histogram_drawings
from analysis.export.page import build_page
from analysis.export.pictures import Picture, pictures
from analysis.export.printed_sign_off import PrintedSignOff
from analysis.wording import words

TEMPLATE = Path(__file__).with_name("report.typ")
STANDARD: typst.PDFStandard = "a-2a"
MOST_PAGES = 2
MOST_PAGES_WITH_CHANGE = 3
SIZES = (1.0, 0.9, 0.82, 0.75, 0.68)  # of the text; 0.68 is 5.8 point
_PAGES = re.compile(rb"<xmpTPg:NPages>(\d+)</xmpTPg:NPages>")
_UNKNOWN_DATE = datetime(1900, 1, 1, tzinfo=UTC)


def render_pdf(request: ExportRequest, sign_off: PrintedSignOff | None = None) -> bytes:
    """Return the report as an accessible PDF/A-2a file; the same input gives the same bytes.

    Text and pictures are made smaller in steps until the report fits two pages, or three with the
    change since an earlier visit; nothing is left out, so that very many findings need more.

    Parameters
    ----------
    request
        Report and images.
    sign_off
        What readers and earlier visits add, or None for the report as the analysis made it.

    Raises
    ------
    OutputFailed
        If the page cannot be set.

    References
    ----------
    ISO 19005-2 (PDF/A-2), level A: tagged for screen readers.
    """
    shown = pictures(request)
    with tempfile.TemporaryDirectory(prefix="lobule-report-") as name:
        folder = Path(name)
        (folder / "report.typ").write_bytes(TEMPLATE.read_bytes())
        data = _page_data(request, shown)
        data["sign_off"] = None if sign_off is None else asdict(sign_off)
        (folder / "page.json").write_text(json.dumps(data))
        for number, picture in enumerate(shown):
            (folder / f"picture-{number}.png").write_bytes(picture.png)
        try:
            return _fit(folder, _study_date(request), _most_pages(sign_off))
        except typst.TypstError as error:
            raise OutputFailed(
                words(
                    "The printed report could not be set; the other results are complete. Report "
                    "this fault: %(problem)s",
                    problem=str(error),
                ),
                code="pdf-failed",
            ) from error


def _most_pages(sign_off: PrintedSignOff | None) -> int:
    has_change = sign_off is not None and sign_off.change is not None
    return MOST_PAGES_WITH_CHANGE if has_change else MOST_PAGES


def _fit(folder: Path, date: datetime, most_pages: int) -> bytes:
    """Set the pages at the largest size at which there are no more than wanted."""
    content = b""
    for size in SIZES:
        content = _compile(folder, date, size)
        if page_count(content) <= most_pages:
            break
    return content


def page_count(content: bytes) -> int:
    """Return the pages of a PDF/A file by its own metadata, which the standard leaves readable.

    Parameters
    ----------
    content
        As ``render_pdf`` returns it.
    """
    found = _PAGES.search(content)
    if found is None:
        raise ValueError("the file does not say how many pages it has")
    return int(found[1])


def _compile(folder: Path, date: datetime, size: float) -> bytes:
    # matplotlib ships DejaVu Sans, so that no font of the machine is needed or used.
    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    content = typst.compile(
        folder / "report.typ",
        root=folder,
        font_paths=[fonts],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=[STANDARD],
        sys_inputs={"size": f"{size:g}"},
        timestamp=date,
    )
    if not isinstance(content, bytes):
        raise TypeError("typst returned no document")
    return content


def _study_date(request: ExportRequest) -> datetime:
    text = request.report.description.study_date
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return _UNKNOWN_DATE


def _page_data(request: ExportRequest, shown: tuple[Picture, ...]) -> dict[str, object]:
    report = request.report
    return {
        "page": asdict(build_page(report)),
        "intended_use": report.intended_use,
        "subtitle": [
            part
            for part in (
                report.description.description,
                report.description.study_date,
                report.acquisition.manufacturer,
                report.acquisition.model,
            )
            if part
        ],
        "pictures": [
            {"title": p.title, "description": p.description, "file": f"picture-{n}.png"}
            for n, p in enumerate(shown)
        ],
        "drawings": [asdict(drawing) for drawing in histogram_drawings(report)],
        "drawing_size": [WIDTH, HEIGHT],
    }


PDF_EXPORTER = Exporter(
    "report.pdf", "application/pdf", "The report for print (PDF/A-2a)", render_pdf
)
