"""One number, one text: screen, PDF, API, CSV and DICOM SR say every measurement alike."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from dataclasses import replace

import pydicom
import pypdf
import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from analysis.anatomy import REGIONS
from analysis.export.exported_file import ExportRequest
from analysis.export.html_report import HTML_EXPORTER
from analysis.measurement import Measurement
from analysis.quantities import BY_KEY
from analysis.report import LiverReport
from analysis.report_json import report_from_dict
from analysis.study import SourceSeries
from portal.accounts.models import User
from portal.reports.documents import liver_report
from portal.reports.models import Report
from portal.reports.segment_table import COLUMNS
from portal.reports.verdict import FIGURES
from portal.runs import storage
from tests.portal.conftest import Cast
from tests.portal.reports.conftest import Analysed

Browser = Callable[[User | AnonymousUser], Client]
SLICES = tuple(f"1.2.3.4.{n}" for n in range(14))
SOURCE = SourceSeries("1.2.3.4", "1.2.3.5", "1.2.840.10008.5.1.4.1.1.4", SLICES)


@pytest.fixture
def from_dicom(results: Analysed, report_of: Callable[..., Report]) -> Report:
    return report_of(replace(results, selected=replace(results.selected, source=SOURCE)))


def shown_in_tables(numbers: LiverReport) -> list[Measurement]:
    """Return the measurements of the segment table: a column a statistic, a row a region."""
    result = []
    for quantity, statistics, _ in COLUMNS:
        for structure in REGIONS:
            found = (numbers.get(quantity, structure.key, s) for s in statistics)
            result += [m for m in found if m is not None][:1]
    return result


def test_what_is_compared_holds_every_region(report: Report) -> None:
    shown = {m.region for m in shown_in_tables(liver_report(report))}
    assert shown == {region.key for region in REGIONS}


def squeezed(text: str) -> str:
    return "".join(text.split())


def test_every_row_of_the_csv_file_has_the_report_s_own_text(report: Report) -> None:
    numbers = liver_report(report)
    path = storage.absolute(report.run.artefacts.get(name="measurements.csv").path)
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert [row["text"] for row in rows] == [m.text for m in numbers.measurements]
    for row, m in zip(rows, numbers.measurements, strict=True):
        assert m.shown_as.format(float(row["value"])) == m.text


def test_every_measurement_of_the_api_reads_the_same(
    cast: Cast, browser_of: Browser, report: Report
) -> None:
    answer = browser_of(cast.rosa).get(reverse("api-report-document", args=[report.pk]))
    sent = report_from_dict(answer.json())
    numbers = liver_report(report)
    assert [(m.text, m.error_text) for m in sent.measurements] == [
        (m.text, m.error_text) for m in numbers.measurements
    ]


def test_every_number_of_the_sr_rounds_to_the_report_s_text(from_dicom: Report) -> None:
    numbers = liver_report(from_dicom)
    path = storage.absolute(from_dicom.run.artefacts.get(name="measurements.dcm").path)
    known = {m.value: m.text for m in numbers.measurements}
    checked = 0
    for item in pydicom.dcmread(path).iterall():
        if item.keyword != "NumericValue":
            continue
        value = float(item.value if not isinstance(item.value, pydicom.multival.MultiValue) else 0)
        nearest = min(known, key=lambda other: abs(other - value))
        if nearest != pytest.approx(value, rel=1e-9, abs=1e-9):
            continue  # a standard error or a Dice, not a measurement's value
        of_it = next(m for m in numbers.measurements if m.value == nearest)
        assert of_it.shown_as.format(value) == of_it.text
        checked += 1
    assert checked >= len(shown_in_tables(numbers))


def test_every_number_of_the_screen_is_the_report_s_text(
    cast: Cast, browser_of: Browser, report: Report
) -> None:
    numbers = liver_report(report)
    page = browser_of(cast.rosa).get(reverse("reports:detail", args=[report.pk]))
    text = html.unescape(page.content.decode())
    rows = dict(re.findall(r'<tr data-region="([^"]+)"[^>]*>(.*?)</tr>', text, re.DOTALL))
    cell = re.compile(r'<td class="number" data-value="([^"]+)" data-copy="([^"]+)">')
    for m in shown_in_tables(numbers):
        shown = [copied.split(" ± ") for value, copied in cell.findall(rows[m.region])]
        error = [m.error_text.removesuffix(m.unit).strip()] if m.error_text else []
        assert [m.text.removesuffix(m.unit).strip(), *error] in shown
    for quantity, statistic, _ in FIGURES:
        found = numbers.get(quantity.key, "liver", statistic)
        assert found is not None
        number = found.text.removesuffix(found.unit).strip()
        assert f'<span class="number">{number}</span>' in text


def test_every_number_of_the_table_is_in_pdf_and_html_alike(
    cast: Cast, browser_of: Browser, report: Report
) -> None:
    answer = browser_of(cast.rosa).get(reverse("reports:print", args=[report.pk]))
    reader = pypdf.PdfReader(io.BytesIO(b"".join(answer.streaming_content)))
    printed = squeezed("".join(page.extract_text() for page in reader.pages))
    saved = storage.absolute(report.run.artefacts.get(name="report.html").path).read_text("utf-8")
    in_html = squeezed(html.unescape(re.sub(r"<[^>]+>", " ", saved)))
    for m in shown_in_tables(liver_report(report)):
        for text in (m.text, m.error_text):
            assert squeezed(text) in printed, (m.quantity, m.region, m.statistic)
            assert squeezed(text) in in_html, (m.quantity, m.region, m.statistic)


def test_every_quantity_is_formatted_by_its_own_row(report: Report) -> None:
    for m in liver_report(report).measurements:
        if m.shown_as is BY_KEY[m.quantity]:
            assert m.text == BY_KEY[m.quantity].format(m.value)


def test_the_saved_page_is_an_export_of_its_own(results: Analysed) -> None:
    request = ExportRequest(results.report, results.selected, results.segmentation, results.maps)
    content = HTML_EXPORTER.render(request)
    assert content is not None
    for m in shown_in_tables(results.report):
        assert m.text in html.unescape(content.decode())
