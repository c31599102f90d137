from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Portal


def test_the_keyboard_is_enough(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = page_of()
    page.goto(portal.url("/"))
    rows = page.locator("#work-list tbody tr")
    for _ in range(3):
        page.keyboard.press("j")
    expect(rows.nth(2)).to_have_attribute("aria-current", "true")
    page.keyboard.press("k")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    opened = rows.nth(1).get_attribute("data-href")
    assert opened
    page.keyboard.press("Enter")
    expect(page).to_have_url(portal.url(opened))


def test_search_finds_a_subject(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = page_of()
    page.goto(portal.url("/"))
    page.keyboard.press("/")
    page.keyboard.type("LIV-003")
    page.keyboard.press("Enter")
    rows = page.locator("#work-list tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("one echo only")


def test_what_needs_attention_can_be_listed(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = page_of()
    page.goto(portal.url("/?state=attention"))
    subjects = page.locator("#work-list tbody th").all_inner_texts()
    # Studies that other tests uploaded may need attention, too.
    assert [s for s in subjects if s.startswith("LIV-")] == ["LIV-003", "LIV-002"]


def test_a_moving_run_shows_its_stage(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = page_of()
    page.goto(portal.url("/?search=LIV-004"))
    expect(page.locator("#work-list tbody")).to_contain_text("Segment the liver")
    expect(page.locator("#work-list progress")).to_be_visible()


def test_a_failed_run_says_what_to_do(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = page_of("uploader")
    page.goto(portal.url(f"/runs/{portal.made['failed']}/"))
    expect(page.get_by_role("alert")).to_contain_text("Send the multi-echo series.")
    expect(page.get_by_role("button", name="Run again")).to_be_visible()
