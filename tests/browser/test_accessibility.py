"""No serious or critical fault by axe-core on any page, in either theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import ROOT, Portal

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = {
    "sign in": "/accounts/login/",
    "forgotten password": "/accounts/password/reset/",
    "work list": "/",
    "upload": "/upload/",
    "trials": "/trials/",
    "audit trail": "/trials/audit/",
    "administration": "/administration/",
    "administration of models": "/administration/models/",
    "administration of the queue": "/administration/queue/",
    "administration of storage": "/administration/storage/?look",
    "administration of retention": "/administration/retention/",
    "administration of a person": "/administration/people/{person}/",
    "administration of a trial": "/trials/{trial}/",
    "administration of its retention": "/administration/retention/trials/{trial}/",
    "administration of a deletion": "/administration/retention/studies/{study}/",
    "administration of a protocol": "/trials/{trial}/protocol/",
    "administration of visits": "/trials/{trial}/visits/",
    "administration of a reading scheme": "/trials/{trial}/reading-scheme/",
    "administration of readings": "/trials/{trial}/readings/",
    "administration of the trail": "/trials/audit/?since=yesterday",
    "subjects": "/trials/{trial}/subjects/?site=odd",
    "subject": "/trials/subjects/{subject}/",
    "notifications": "/notifications/",
    "keys for programs": "/accounts/keys/",
    "sessions": "/accounts/sessions/",
    "password": "/accounts/password/change/",
    "e-mail address": "/accounts/email/",
    "readings": "/readings/",
    "re-scans": "/trials/rescans/",
    "change": "/reports/{report}/change/",
    "failed run": "/runs/{failed}/",
    "moving run": "/runs/{moving}/",
    "report": "/reports/{report}/",
    "critical report": "/reports/{bad_report}/",
    "second factor": "/accounts/2fa/",
    "nothing here": "/reports/00000000-0000-0000-0000-000000000000/",
}

PERSON = {"sign in": "", "forgotten password": ""} | {
    name: "admin" for name in PAGES if name.startswith("administration")
}


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run `make install`")
    return AXE.read_text(encoding="utf-8")


def faults_of(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{fault['id']} ({fault['impact']}): {node['html'][:160]}"
        for fault in found["violations"]
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_no_serious_fault(
    portal: Portal, context_for: Callable[..., Any], axe: str, name: str
) -> None:
    person = PERSON.get(name, "uploader")
    page = context_for(person, color_scheme="dark").new_page()
    page.goto(portal.url(PAGES[name].format(**portal.made)))
    if "report" in name:
        page.wait_for_selector("#viewer[data-ready]")
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    found = {"dark": faults_of(page, axe)}
    page.emulate_media(color_scheme="light")  # read once, looked at in both themes
    found["light"] = faults_of(page, axe)
    assert found == {"dark": [], "light": []}


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_list_of_keys_has_no_serious_fault(
    portal: Portal, context_for: Callable[..., Any], axe: str, scheme: str
) -> None:
    page = context_for("reader", color_scheme=scheme).new_page()
    page.goto(portal.url("/"))
    page.keyboard.press("?")
    assert faults_of(page, axe) == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_report_of_a_reader_on_a_tablet_has_no_serious_fault(
    portal: Portal, context_for: Callable[..., Any], axe: str, scheme: str
) -> None:
    """With what only a reader has: the editor, the tools of regions, the impression."""
    size = {"width": 768, "height": 1024}
    page = context_for("reader", color_scheme=scheme, viewport=size).new_page()
    page.goto(portal.url(f"/reports/{portal.made['report']}/"))
    page.wait_for_selector("#viewer[data-ready]")
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    page.click("#edit-start")
    page.wait_for_selector("#edit:not([hidden])")
    assert faults_of(page, axe) == []
