from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser

import pytest

from analysis.export.exported_file import ExportRequest
from analysis.export.html_report import HTML_EXPORTER
from analysis.export.page import build_page
from analysis.findings import Finding, Severity
from analysis.measurement import MapSet
from analysis.report import INTENDED_USE
from tests.analysis.small_liver import (
    default_maps,
    make_maps,
    make_report,
    make_segmentation,
    make_selected,
)

VOID = {"meta", "img", "br"}


class Checker(HTMLParser):
    """Notes what a browser would load or run, and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@cache
def render(maps: MapSet | None = None, *findings: Finding) -> str:
    maps = default_maps() if maps is None else maps
    request = ExportRequest(
        make_report(maps, *findings), make_selected(), make_segmentation(), maps
    )
    content = HTML_EXPORTER.render(request)
    assert content is not None
    return content.decode()


def check(text: str) -> Checker:
    checker = Checker()
    checker.feed(text)
    checker.close()
    assert checker.open == []
    return checker


@pytest.fixture(scope="module")
def page() -> Checker:
    return check(render())


def test_the_page_loads_nothing_and_runs_nothing(page: Checker) -> None:
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert all(str(image["src"]).startswith("data:image/png;base64,") for image in page.all("img"))
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    policy = next(m for m in page.all("meta") if "http-equiv" in m)
    assert "default-src 'none'" in str(policy["content"])
    assert not re.search(r"url\(|@import|https?://", render())


def test_every_number_of_the_page_is_in_the_text(page: Checker) -> None:
    content = build_page(make_report())
    words = " ".join(page.text.split())
    for headline in content.headlines:
        assert headline.value in words
        assert headline.words in words
    for row in content.segments:
        texts = [row.name, row.volume, row.share, row.voxels]
        texts += [text for cell in row.cells for text in (cell.mean, cell.spread)]
        assert all(text in words for text in texts)
    for cells in content.spread.rows:
        assert all(cell in words for cell in cells)
    assert content.verdict in words


def test_the_page_can_be_read_aloud(page: Checker) -> None:
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == 1
    assert all(image["alt"] for image in page.all("img"))
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in page.all("svg"))
    assert all(header["scope"] in {"row", "col"} for header in page.all("th"))
    labels = {a["aria-labelledby"] for a in page.all("section") if "aria-labelledby" in a}
    assert labels <= {h["id"] for h in page.all("h2")}


def test_maps_and_histograms_are_shown_for_what_was_measured(page: Checker) -> None:
    assert len(page.all("img")) == 3
    assert len(page.all("svg")) == 3


def test_limits_of_use_are_at_the_top_and_the_bottom(page: Checker) -> None:
    assert page.text.count(INTENDED_USE) >= 2


def test_text_from_the_files_is_text_and_not_markup() -> None:
    assert "MR &lt;liver&gt; &amp; more" in render()
    assert "MR <liver>" not in render()


def test_a_hostile_message_stays_text() -> None:
    evil = Finding("x", Severity.WARNING, "<script>alert(1)</script>")
    assert "<script" not in render(make_maps(), evil)


def test_critical_findings_come_before_the_verdict_and_others_after() -> None:
    critical = Finding("swap", Severity.CRITICAL, "Fat and water are swapped.", "3 %", "Repeat.")
    warning = Finding("note", Severity.WARNING, "Noise is high.")
    text = render(make_maps(), critical, warning)
    check(text)
    place = [text.index(part) for part in ("Fat and water are swapped", 'class="verdict"', "Noise")]
    assert place == sorted(place)
    assert "Repeat." in text
    assert "3 % (swap)" in text


def test_without_findings_the_page_says_so() -> None:
    assert "nothing was found that limits these numbers" in render()


def test_a_study_without_maps_is_a_readable_page() -> None:
    checker = check(render(make_maps()))
    assert checker.all("img") == []
    assert "Liver volume 810 ml." in checker.text
    assert "Neither fat nor iron could be measured" in checker.text


def test_the_page_prints_and_follows_the_readers_theme() -> None:
    text = render()
    assert "@media print" in text
    assert "prefers-color-scheme: dark" in text
