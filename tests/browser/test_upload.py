"""A site sends a simulated study: choose, hash, send, analyse, read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Portal

ANALYSIS_MS = 300_000


@pytest.fixture(scope="module")
def study_folder(tmp_path_factory: pytest.TempPathFactory, portal: Portal) -> Path:
    folder = tmp_path_factory.mktemp("study")
    command = [
        *(sys.executable, "manage.py", "simulate", "--out", str(folder)),
        *("--shape", "64,48,16", "--seed", "5"),
    ]
    subprocess.run(command, cwd=ROOT, env=portal.environment, capture_output=True, check=True)
    return folder / "dicom"


@pytest.fixture(scope="module")
def worker(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A worker for both queues; it ends with the module."""
    log = tmp_path_factory.mktemp("worker") / "worker.log"
    command = [
        *(sys.executable, "-m", "celery", "--app", "portal.celery", "worker"),
        *("--queues", "cpu,gpu", "--pool", "solo", "--loglevel", "INFO"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=portal.environment, stdout=output, stderr=output
        )
        yield log
        process.terminate()
        process.wait(timeout=30)


def fill_in(page: Page, portal: Portal, folder: Path, subject: str) -> None:
    page.goto(portal.url("/upload/"))
    page.set_input_files("#folder", folder)
    page.fill("#subject", subject)
    expect(page.locator("#chosen")).to_contain_text("files,")


def test_a_study_becomes_a_report(
    portal: Portal, page_of: Callable[..., Page], study_folder: Path, worker: Path
) -> None:
    page = page_of("uploader")
    fill_in(page, portal, study_folder, "UP-1")
    page.click("#send")
    page.wait_for_url("**/runs/**")
    expect(page.locator(".stages li")).to_have_count(7)
    try:
        page.wait_for_url("**/reports/**", timeout=ANALYSIS_MS)
    except PlaywrightError:
        pytest.fail(f"{page.inner_text('main')}\n{worker.read_text()[-3000:]}")
    expect(page.locator(".verdict [data-quantity=PDFF] .number")).to_be_visible()
    page.wait_for_selector("#viewer[data-ready]")


def test_the_same_study_again_is_offered_as_a_new_version(
    portal: Portal, page_of: Callable[..., Page], study_folder: Path, worker: Path
) -> None:
    page = page_of("uploader", expected="409")
    fill_in(page, portal, study_folder, "UP-2")
    page.click("#send")
    page.wait_for_url("**/runs/**")
    fill_in(page, portal, study_folder, "UP-2")
    with page.expect_response(lambda answer: answer.status == 409):
        page.click("#send")
    expect(page.get_by_role("alert")).to_contain_text("received before")
    page.click("#again")
    page.wait_for_url("**/runs/**")


def test_the_monitor_of_nothing_may_not_send(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = page_of("reader")
    page.goto(portal.url("/upload/"))
    expect(page.locator(".notice")).to_contain_text("may not send studies")
