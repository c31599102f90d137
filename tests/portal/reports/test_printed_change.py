"""The change since an earlier visit on paper: the words and digits of the page's own section."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable

import pypdf
from django.test import Client
from django.urls import reverse

from analysis.export.pdf_report import MOST_PAGES, MOST_PAGES_WITH_CHANGE
from portal.accounts.models import User
from portal.reports.change_page import build_change_page
from portal.reports.documents import liver_report
from portal.reports.models import Report
from portal.reports.printed_change import printed_change
from portal.trials.schemes import set_scheme
from tests.portal.conftest import Cast
from tests.portal.reports.change_visits import Visits, pair, visits

__all__ = ["pair", "visits"]  # the fixtures
Browsers = Callable[[User], Client]


def squeezed(text: str) -> str:
    return "".join(text.split())


def printed(client: Client, report: Report) -> tuple[str, int]:
    answer = client.get(reverse("reports:print", args=[report.pk]))
    reader = pypdf.PdfReader(io.BytesIO(b"".join(answer.streaming_content)))
    return squeezed("".join(page.extract_text() for page in reader.pages)), len(reader.pages)


def test_every_digit_of_the_change_is_on_page_and_paper_alike(
    cast: Cast, pair: tuple[Report, Report], browser_of: Browsers
) -> None:
    browser = browser_of(cast.rosa)
    paper, pages = printed(browser, pair[1])
    answer = browser.get(reverse("reports:change", args=[pair[1].pk])).content.decode()
    screen = squeezed(html.unescape(re.sub(r"<[^>]+>", " ", answer)))
    page = build_change_page(cast.rosa, pair[1], None)
    assert page.segments is not None
    cells = [cell for _, row in page.segments.rows for cell in row]
    texts = [t for cell in cells for t in (cell.text, cell.verdict)]
    for row in page.liver:
        texts += [row.baseline, row.follow_up, row.difference, row.error, row.relative]
        texts += [row.limit, row.verdict, row.reason]
    assert len(texts) > 50
    for text in (*texts, page.response, page.segments.note):
        assert squeezed(text) in paper, text
        assert squeezed(text) in screen, text
    assert pages <= MOST_PAGES_WITH_CHANGE


def test_the_paper_names_the_earlier_visit_the_verdict_and_the_responder(
    cast: Cast, pair: tuple[Report, Report], browser_of: Browsers
) -> None:
    paper, _ = printed(browser_of(cast.rosa), pair[1])
    for words in ("Change since Month 1, 2026-01-05", "real fall", "Responder.", "PMC4819976"):
        assert squeezed(words) in paper


def test_the_trend_on_paper_has_every_visit_in_the_report_s_own_words(
    visits: Visits, cast: Cast, browser_of: Browsers
) -> None:
    reports = [visits.add(1, 12.0), visits.add(2, 9.0), visits.add(3, 7.0, field_strength_t=1.5)]
    change = printed_change(reports[1], reader=cast.rosa)
    assert change is not None
    trends = {each.title.rpartition(" (")[2]: each for each in change.trends}
    assert [*trends] == ["%)", "s⁻¹)", "mg/g)", "ml)"]
    fat = trends["%)"]
    texts = [liver_report(r).get("PDFF", "liver") for r in reports]
    dates = ("2026-01-05", "2026-02-05", "2026-03-05")
    assert fat.words == "; ".join(
        f"Month {n}, {date}: {m.text}"
        for n, (date, m) in enumerate(zip(dates, texts, strict=True), 1)
        if m is not None
    )
    assert [point.is_this for point in fat.points] == [False, True, False]
    assert [point.is_comparable for point in trends["s⁻¹)"].points] == [True, True, False]
    paper, pages = printed(browser_of(cast.rosa), reports[1])
    assert squeezed("Grey: no real change from the first visit") in paper
    assert fat.points[1].text in paper.replace("%", " %")
    assert pages <= MOST_PAGES_WITH_CHANGE


def test_the_response_stands_on_the_first_page_and_all_maps_with_it(
    cast: Cast, pair: tuple[Report, Report], browser_of: Browsers
) -> None:
    answer = browser_of(cast.rosa).get(reverse("reports:print", args=[pair[1].pk]))
    reader = pypdf.PdfReader(io.BytesIO(b"".join(answer.streaming_content)))
    first = squeezed(reader.pages[0].extract_text())
    assert squeezed("Since Month 1, 2026-01-05: Responder.") in first
    assert first.count("right(R)isontheleft.") == 3


def test_a_fall_within_the_repeatability_is_no_response(visits: Visits, cast: Cast) -> None:
    visits.add(1, 3.0)
    change = printed_change(visits.add(2, 2.0), reader=cast.rosa)
    assert change is not None
    assert change.response.startswith("No responder.")
    assert change.liver is not None
    assert change.liver.rows[0][-1] == "no real change"


def test_visits_at_different_fields_compare_lic_and_say_so(visits: Visits, cast: Cast) -> None:
    visits.add(1, 12.0, field_strength_t=1.5)
    change = printed_change(visits.add(2, 7.0), reader=cast.rosa)
    assert change is not None
    assert change.liver is not None
    rows = {row[0]: row for row in change.liver.rows}
    assert rows["R2*"][-1] == "not compared"
    assert rows["LIC"][-1] != "not compared"
    assert change.segments is not None
    assert {row[2] for row in change.segments.rows} == {"not compared"}
    assert any("iron is compared as LIC" in sentence for sentence in change.findings)


def test_a_first_visit_has_no_change_and_two_pages(
    cast: Cast, pair: tuple[Report, Report], browser_of: Browsers
) -> None:
    paper, pages = printed(browser_of(cast.rosa), pair[0])
    assert "Changesince" not in paper
    assert pages <= MOST_PAGES


def test_a_reader_blinded_to_time_gets_no_change_on_paper(
    cast: Cast, pair: tuple[Report, Report]
) -> None:
    assert printed_change(pair[1], reader=cast.rosa) is not None
    set_scheme(cast.trial, {"blinded_to": ["time"]}, by=cast.mona)
    assert printed_change(pair[1], reader=cast.rosa) is None
