"""Figures of segments, regions, thresholds, languages, prints and checks of a report."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Page, expect

from analysis.anatomy import REGIONS
from tests.browser.conftest import PASSWORD, Portal, open_report
from tests.browser.test_report import lit_and_counted


def drag(page: Page, selector: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag over an element from one place to another, given as parts of its size."""
    box = page.locator(selector).bounding_box()
    assert box
    x, y, width, height = (box[name] for name in ("x", "y", "width", "height"))
    page.mouse.move(x + start[0] * width, y + start[1] * height)
    page.mouse.down()
    page.mouse.move(x + end[0] * width, y + end[1] * height, steps=8)
    page.mouse.up()


@pytest.mark.parametrize("layout", ["overlay", "multiples"])
def test_all_segments_are_shown_at_once_and_can_be_brushed(
    portal: Portal, page_of: Callable[..., Page], layout: str
) -> None:
    page = open_report(page_of(), portal)
    page.click(f"[data-layout={layout}]")
    expect(page.locator("#histogram-region")).to_have_text("all segments")
    expect(page.locator("#histogram")).to_contain_text("VIII")
    page.fill("#brush-low", "5")
    page.fill("#brush-high", "15")
    page.click("#brush-form button:has-text('Light')")
    expect(page.locator("#brush-status")).to_contain_text("of the whole liver")
    lit, counted = lit_and_counted(page)
    assert lit == counted > 0


def test_a_curve_stands_for_the_bars(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = open_report(page_of(), portal)
    page.keyboard.press("k")
    expect(page.locator("[data-shape=curve]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#histogram .scatterlayer .trace")).to_have_count(2)  # with the tissue's


def test_fat_against_iron_is_brushed_in_both(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = open_report(page_of(), portal)
    page.click("[data-histogram=density]")
    expect(page.locator("#histogram .heatmaplayer image")).to_have_count(1)
    drag(page, "#histogram .nsewdrag", (0.3, 0.2), (0.8, 0.9))
    expect(page.locator("#brush-status")).to_contain_text(re.compile(r"PDFF .* %, R2\* .* s⁻¹: "))
    lit, counted = lit_and_counted(page)
    assert lit == counted > 0


def test_a_segment_is_chosen_on_the_scheme_and_in_the_image(
    portal: Portal, page_of: Callable[..., Page]
) -> None:
    page = open_report(page_of(), portal)
    page.locator(".diagram polygon[data-choose-region=segment_7]").first.click()
    expect(page.locator("#histogram-region")).to_have_text("segment VII")
    expect(page.locator("#read-out")).to_contain_text("Segment VII")
    page.keyboard.press("0")
    expect(page.locator("#histogram-region")).to_have_text("whole liver")
    page.keyboard.press("Enter")
    expect(page.locator("#histogram-region")).to_have_text("segment VII")


def test_threshold_window_and_zoom(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = open_report(page_of(), portal)
    canvas = page.locator("#viewer-canvas")
    for act in (
        lambda: (page.fill("#only-from", "12"), page.press("#only-from", "Tab")),
        lambda: (page.locator("h1").click(), page.keyboard.press("}")),
        lambda: page.keyboard.press("+"),
    ):
        before = canvas.screenshot()
        act()
        page.wait_for_timeout(300)
        assert canvas.screenshot() != before
    page.click("[data-map=residual]")
    expect(page.locator("#colour-bar-name")).to_contain_text("Fit residual")
    expect(page.locator("#only-from")).to_have_value("")


def test_regions_are_measured_and_removed(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = open_report(page_of(), portal)
    lines = page.locator("#roi-list tbody tr")
    expect(page.locator("#roi-show")).to_be_hidden()  # there is nothing to show
    page.fill("#roi-radius", "10")
    page.click("#roi-circle")
    expect(page.locator("#roi-list")).to_contain_text("Circle 20 mm")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text(re.compile(r"\d+\.\d \(SD \d+\.\d\)"))
    expect(page.locator("#roi-show")).to_be_visible()
    page.locator("[data-roi-remove]").click()
    expect(lines).to_have_count(1)
    expect(page.locator("#roi-show")).to_be_hidden()
    page.locator("h1").click()
    page.keyboard.press("n")
    expect(page.locator("#roi-list")).to_contain_text(re.compile(r"Mean of the \d discs"))
    expect(lines.last).to_contain_text("Whole liver")
    page.click("#roi-freehand")
    expect(page.locator("#roi-status")).to_contain_text("Draw one closed line")
    drag(page, "#viewer-canvas", (0.4, 0.4), (0.5, 0.5))
    expect(page.locator("#roi-list")).to_contain_text("Drawn region")


def test_no_two_actions_share_a_key(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = open_report(page_of(), portal)
    page.keyboard.press("e")
    expect(page.locator("#edit")).to_be_visible()
    page.keyboard.press("?")
    keys = page.locator("#keys tbody kbd").all_inner_texts()
    assert len(keys) > 40
    assert len(set(keys)) == len(keys)


def test_the_page_speaks_the_chosen_language(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = open_report(page_of(), portal)
    number = page.inner_text("[data-quantity=PDFF] .number")
    page.click(".language summary")
    page.click(".language button[lang=de]")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("#segments-panel h2")).to_have_text("Segmente")
    expect(page.locator("#impression")).to_have_value(re.compile("Mittlere PDFF der Leber"))
    expect(page.locator("[data-quantity=PDFF] .number")).to_have_text(number)


def test_a_print_is_white_and_leaves_the_tools_out(
    portal: Portal, page_of: Callable[..., Page]
) -> None:
    page = open_report(page_of(color_scheme="dark"), portal)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator("#edit-start")).to_be_hidden()
    expect(page.locator("#segments tbody tr")).to_have_count(len(REGIONS))


def test_a_signed_print_is_checked_at_the_address_in_its_code(
    portal: Portal, page_of: Callable[..., Page], tmp_path: Path
) -> None:
    page = page_of()
    page.goto(portal.url(f"/reports/{portal.made['bad_report']}/"))
    page.get_by_role("button", name="Take over as my impression").click()
    page.fill("#sign-password", PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator("#sign-off")).to_contain_text("Signed electronically by Reader")
    with page.expect_download() as downloading:
        page.click("#pdf")
    path = tmp_path / "report.pdf"
    downloading.value.save_as(path)
    printed = "".join(pypdf.PdfReader(path).pages[0].extract_text().split())
    found = re.search(r"/verify/([0-9a-f]{64})/", printed)
    assert found
    stranger = page_of("")
    stranger.goto(portal.url(f"/verify/{found[1]}/"))
    expect(stranger.locator("#check-result")).to_contain_text("its record is unchanged")
