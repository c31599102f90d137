"""A real portal in processes of its own, and a real browser: Debian's Chromium, software WebGL."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from portal.reports.frontend_assets import is_built

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery liver"
SOFTWARE_WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
WAIT_MS = 60_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass(frozen=True, slots=True)
class Portal:
    """A running portal: its address, and the keys of what ``seed`` put into it."""

    address: str
    made: dict[str, str]
    environment: dict[str, str]

    def url(self, path: str) -> str:
        return f"{self.address}{path}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        if process.poll() is not None:
            break
        try:
            requests.get(f"{address}/healthz", timeout=5).raise_for_status()
        except requests.RequestException:
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"the portal did not start:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    if not is_built():
        pytest.skip("the front end is not built: run `make install`")
    folder = tmp_path_factory.mktemp("portal")
    address = f"http://127.0.0.1:{_free_port()}"
    environment = {
        **os.environ,
        "LOCAL_DIR": str(folder),
        "SITE_URL": address,
        "STORAGE_KEEP_FREE_BYTES": "0",
        "OMP_NUM_THREADS": "1",
    }
    environment.pop("DATABASE_URL", None)
    seeded = subprocess.run(
        [sys.executable, "-m", "tests.browser.seed", "64,48,16"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=False,
    )
    if seeded.returncode:
        pytest.fail(seeded.stderr.decode()[-3000:])
    log = folder / "web.log"
    command = [sys.executable, "manage.py", "runserver", "--noreload", address.split("//")[1]]
    with log.open("wb") as output:
        web = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            _wait_until_up(address, web, log)
            made = json.loads(seeded.stdout.decode().splitlines()[-1])
            yield Portal(address, made, environment)
        finally:
            web.terminate()
            web.wait(timeout=20)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    expect.set_options(timeout=WAIT_MS)
    # Playwright's loop runs in this thread; the tests' own database is not used from here.
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", *SOFTWARE_WEBGL]
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def signed_in() -> dict[str, Any]:
    """Return the cookies of people who have signed in.

    Each signs in once: an address may sign in 30 times a minute, and a fast machine passes that.
    """
    return {}


@pytest.fixture
def context_for(
    browser: Browser, portal: Portal, signed_in: dict[str, Any]
) -> Iterator[Callable[..., BrowserContext]]:
    """Return browsers without a past, ``person`` signed in; ``afresh`` for those who sign out."""
    opened: list[BrowserContext] = []

    def open_context(
        person: str = "", *, afresh: bool = False, **options: object
    ) -> BrowserContext:
        size = {"width": 1440, "height": 900}
        cookies = None if afresh else signed_in.get(person)
        context = browser.new_context(
            **{"viewport": size, "storage_state": cookies, **options}  # type: ignore[arg-type]
        )
        context.set_default_timeout(WAIT_MS)
        opened.append(context)
        if person and cookies is None:
            _sign_in(context, portal, person)
            if not afresh:
                signed_in[person] = context.storage_state()
        return context

    yield open_context
    for context in opened:
        context.close()


def _sign_in(context: BrowserContext, portal: Portal, person: str) -> None:
    page = context.new_page()
    page.goto(portal.url("/accounts/login/"))
    page.fill("#id_login", f"{person}@example.org")
    page.fill("#id_password", PASSWORD)
    page.click("button.primary")
    page.wait_for_url(portal.url("/"))
    page.close()


@pytest.fixture
def page_of(context_for: Callable[..., BrowserContext]) -> Iterator[Callable[..., Page]]:
    """Return pages that must end without an error in the console, such as a refused script.

    ``expected`` is a part of the error that a test causes on purpose.
    """
    faults: list[str] = []

    def open_page(person: str = "reader", *, expected: str = "", **options: object) -> Page:
        page = context_for(person, **options).new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: (
                faults.append(message.text)
                if message.type == "error" and not (expected and expected in message.text)
                else None
            ),
        )
        return page

    yield open_page
    assert faults == []


def open_report(page: Page, portal: Portal, name: str = "report") -> Page:
    page.goto(portal.url(f"/reports/{portal.made[name]}/"))
    page.wait_for_selector("#viewer[data-ready]")
    page.wait_for_selector("#histogram .nsewdrag")
    return page
