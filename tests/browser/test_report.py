from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from analysis.anatomy import REGIONS
from tests.browser.conftest import Portal, open_report


def lit_and_counted(page: Page) -> tuple[int, int]:
    """Read both at once: while a brush is drawn they change together."""
    lit, words = page.evaluate(
        "[document.getElementById('viewer').dataset.lit,"
        " document.getElementById('brush-status').textContent]"
    )
    found = re.search(r": ([\d,]+) voxels", words)
    assert found, words
    return int(lit or 0), int(found[1].replace(",", ""))


def test_the_numbers_need_no_script(
    portal: Portal, context_for: Callable[..., BrowserContext]
) -> None:
    signed_in = context_for("reader")
    without = context_for("", java_script_enabled=False)
    without.add_cookies(signed_in.cookies())  # type: ignore[arg-type]
    page = without.new_page()
    page.goto(portal.url(f"/reports/{portal.made['report']}/"))
    expect(page.locator(".verdict [data-quantity=PDFF] .number")).to_have_text(
        re.compile(r"^\d+\.\d$")
    )
    expect(page.locator("#segments tbody tr")).to_have_count(len(REGIONS))


def test_little_script_comes_before_the_numbers(
    portal: Portal, context_for: Callable[..., BrowserContext]
) -> None:
    page = context_for("reader").new_page()
    page.route(re.compile(r"/(viewer|charts)-"), lambda route: route.abort())
    page.goto(portal.url(f"/reports/{portal.made['report']}/"))
    page.wait_for_load_state("networkidle")
    loaded = page.evaluate(
        "performance.getEntriesByType('resource').filter(e => e.name.endsWith('.js'))"
        ".reduce((sum, e) => sum + e.decodedBodySize, 0)"
    )
    assert 0 < loaded <= 100_000
    expect(page.locator(".verdict .number").first).to_be_visible()


def test_brushed_bins_light_exactly_the_voxels_that_were_counted(
    portal: Portal, page_of: Callable[..., Page]
) -> None:
    page = open_report(page_of(), portal)
    box = page.locator("#histogram .nsewdrag").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.4 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], middle, steps=8)
    page.mouse.up()
    expect(page.locator("#brush-status")).to_contain_text("of the whole liver")
    lit, counted = lit_and_counted(page)
    assert lit == counted > 0


def test_the_brush_also_takes_numbers(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = open_report(page_of(), portal)
    page.fill("#brush-low", "-100")
    page.fill("#brush-high", "200")
    page.click("#brush-form button:has-text('Light')")
    expect(page.locator("#brush-status")).to_contain_text("100.0 %")
    lit, counted = lit_and_counted(page)
    assert lit == counted
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("Escape")
    expect(page.locator("#brush-status")).to_contain_text("Drag over the figure")


def test_a_segment_has_its_own_histogram_and_brush(
    portal: Portal, page_of: Callable[..., Page]
) -> None:
    page = open_report(page_of(), portal)
    page.click("[data-choose-region=segment_6]")
    expect(page.locator("#histogram-region")).to_have_text("segment VI")
    expect(page.locator("tr[data-region=segment_6]")).to_have_attribute("aria-current", "true")
    page.fill("#brush-low", "-100")
    page.fill("#brush-high", "200")
    page.click("#brush-form button:has-text('Light')")
    expect(page.locator("#brush-status")).to_contain_text("of segment VI")
    lit, counted = lit_and_counted(page)
    assert lit == counted


def test_r2star_can_be_brushed_while_pdff_is_shown(
    portal: Portal, page_of: Callable[..., Page]
) -> None:
    page = open_report(page_of(), portal)
    page.click("[data-histogram='R2*']")
    expect(page.locator("#histogram")).to_contain_text("R2* (s⁻¹)")
    page.fill("#brush-low", "0")
    page.fill("#brush-high", "500")
    page.click("#brush-form button:has-text('Light')")
    expect(page.locator("#brush-status")).to_contain_text("s⁻¹")
    lit, counted = lit_and_counted(page)
    assert lit == counted > 0


def test_the_cross_hair_reads_the_server_s_numbers(
    portal: Portal, page_of: Callable[..., Page]
) -> None:
    page = open_report(page_of(), portal)
    read_out = page.locator("#read-out")
    expect(read_out).to_contain_text(re.compile(r"PDFF -?\d+\.\d % ± \d"))
    before = read_out.inner_text()
    with page.expect_response(re.compile("/voxel/")) as answered:
        page.keyboard.press("ArrowUp")
    reading = answered.value.json()
    expect(read_out).not_to_have_text(before)
    for value in reading["values"]:
        expect(read_out).to_contain_text(f"{value['key']} {value['text']}")


def test_every_view_and_map_can_be_shown(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = open_report(page_of(), portal)
    for view in ("coronal", "sagittal", "planes", "volume", "axial"):
        page.click(f"[data-view={view}]")
        expect(page.locator(f"[data-view={view}]")).to_have_attribute("aria-pressed", "true")
    for key, unit in (("R2*", "s⁻¹"), ("LIC", "mg/g"), ("PDFF-error", "%")):
        page.click(f"[data-map='{key}']")
        expect(page.locator("#colour-bar-name")).to_contain_text(unit)


def test_the_table_sorts_and_copies(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = open_report(page_of(permissions=["clipboard-read", "clipboard-write"]), portal)
    page.click("#segments thead th:has-text('Volume') button")
    volumes = [
        float(cell.get_attribute("data-value") or "nan")
        for cell in page.locator("#segments tbody td:nth-child(2)").all()
    ]
    assert volumes == sorted(volumes)
    page.keyboard.press("t")
    expect(page.locator("#table-status")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    lines = copied.splitlines()
    assert len(lines) >= 10
    assert "±" in copied


def test_keys_are_listed_and_can_be_changed(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = open_report(page_of(), portal)
    page.keyboard.press("?")
    dialog = page.locator("#keys")
    expect(dialog).to_contain_text("Next slice")
    dialog.locator("[data-action=outlines]").click()
    page.keyboard.press("x")
    expect(dialog.get_by_role("status")).to_have_text("Saved: x.")
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("x")
    expect(page.locator("#outlines")).not_to_be_checked()


def test_critical_findings_stand_above_the_numbers(
    portal: Portal, page_of: Callable[..., Page]
) -> None:
    page = page_of()
    page.goto(portal.url(f"/reports/{portal.made['bad_report']}/"))
    finding = page.locator(".findings .critical").first.bounding_box()
    verdict = page.locator(".verdict").bounding_box()
    assert finding
    assert verdict
    assert finding["y"] < verdict["y"]


def test_pictures_stand_in_where_there_is_no_webgl(
    portal: Portal, page_of: Callable[..., Page]
) -> None:
    page = page_of()
    page.add_init_script(
        "const get = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        " return kind === 'webgl2' ? null : get.call(this, kind, ...rest); };"
    )
    page.goto(portal.url(f"/reports/{portal.made['report']}/"))
    expect(page.locator("#viewer-fault")).to_contain_text("no WebGL")
    picture = page.locator("#pictures img").first
    expect(picture).to_be_visible()
    picture.scroll_into_view_if_needed()
    drawn = "image => image.complete && image.naturalWidth > 0"
    page.wait_for_function(drawn, arg=picture.element_handle())


@pytest.mark.parametrize("width", [1440, 768])
def test_nothing_is_wider_than_the_screen(
    portal: Portal, page_of: Callable[..., Page], width: int
) -> None:
    page = page_of(viewport={"width": width, "height": 1024})
    open_report(page, portal)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
