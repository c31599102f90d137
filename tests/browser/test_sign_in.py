from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Portal


def test_a_stranger_is_led_to_the_sign_in(
    portal: Portal, context_for: Callable[..., BrowserContext]
) -> None:
    page = context_for().new_page()
    page.goto(portal.url(f"/reports/{portal.made['report']}/"))
    expect(page).to_have_url(portal.url(f"/accounts/login/?next=/reports/{portal.made['report']}/"))
    expect(page.get_by_role("heading", name="Sign in to Lobule")).to_be_visible()
    expect(page.locator("footer")).to_contain_text("Research use only")


def test_a_wrong_password_is_refused_in_words(
    portal: Portal, context_for: Callable[..., BrowserContext]
) -> None:
    page = context_for().new_page()
    page.goto(portal.url("/accounts/login/"))
    page.fill("#id_login", "reader@example.org")
    page.fill("#id_password", "not the password at all")
    page.click("button.primary")
    expect(page.locator(".errorlist")).to_contain_text("not correct")


def test_signing_out_ends_the_session(
    portal: Portal, context_for: Callable[..., BrowserContext]
) -> None:
    page = context_for("reader", afresh=True).new_page()
    page.goto(portal.url("/"))
    page.get_by_role("button", name="Sign out").click()
    page.goto(portal.url("/"))
    expect(page).to_have_url(portal.url("/accounts/login/?next=/"))


def test_the_theme_is_remembered(
    portal: Portal, context_for: Callable[..., BrowserContext]
) -> None:
    page = context_for("reader").new_page()
    page.goto(portal.url("/"))
    page.click("#theme")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
