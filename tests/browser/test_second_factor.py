"""A security key, as a browser knows it: Chromium's virtual authenticator, through its protocol."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PASSWORD, ROOT, Portal

EMAIL = "keyholder@example.org"
MAKE = (
    "from portal.accounts.services import create_user;"
    f"create_user({EMAIL!r}, password={PASSWORD!r}, name='Kay Holder')"
)


@pytest.fixture(scope="module")
def address(portal: Portal) -> str:
    """Return the portal's address by name: a key belongs to a name, never to a number."""
    made = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", MAKE],
        cwd=ROOT,
        env=portal.environment,
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr.decode()[-2000:]
    return portal.address.replace("127.0.0.1", "localhost")


def with_key(page: Page) -> Any:
    """Plug a key into this browser that says yes to everything."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def type_password(page: Page, address: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill("#id_login", EMAIL)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")


def test_a_security_key_is_added_asked_for_and_replaced_by_a_recovery_code(
    address: str, context_for: Callable[..., BrowserContext]
) -> None:
    page = context_for().new_page()
    with_key(page)
    type_password(page, address)
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/accounts/2fa/webauthn/add/")
    page.fill("#id_password", PASSWORD)  # who adds a key says once more who they are
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/accounts/2fa/webauthn/add/")
    page.fill("#id_name", "Key on my ring")
    page.get_by_role("button", name="Add").click()
    page.wait_for_url(lambda url: not url.endswith("/add/"))  # the key takes its time to answer
    page.goto(f"{address}/accounts/2fa/webauthn/")
    expect(page.locator("main")).to_contain_text("Key on my ring")
    page.goto(f"{address}/accounts/2fa/recovery-codes/")
    codes = page.locator("textarea").input_value().split()
    assert len(codes) == 10

    sign_out(page)
    type_password(page, address)
    page.wait_for_url("**/accounts/2fa/authenticate/**")
    page.goto(f"{address}/trials/")  # the password alone is not enough
    expect(page).to_have_url(f"{address}/accounts/2fa/authenticate/")
    page.get_by_role("button", name="Use a security key").click()
    page.wait_for_url(f"{address}/")

    other = context_for().new_page()  # another computer, without the key
    type_password(other, address)
    other.wait_for_url("**/accounts/2fa/authenticate/**")
    other.fill("#id_code", codes[0])
    other.keyboard.press("Enter")
    other.wait_for_url(f"{address}/")
    sign_out(other)
    type_password(other, address)
    other.wait_for_url("**/accounts/2fa/authenticate/**")
    other.fill("#id_code", codes[0])
    other.keyboard.press("Enter")
    expect(other.locator(".errorlist")).to_contain_text("Incorrect code")
