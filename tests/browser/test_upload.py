"""A site sends a simulated study: choose, check, clean, send, analyse, read."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Route, expect
from pydicom import dcmread, dcmwrite

from tests.browser.conftest import ROOT, Portal
from tests.portal.studies.deidentification.planting import MARK, plant

ANALYSIS_MS = 300_000
SET_PROTOCOL = """
from portal.trials.models import Protocol, Trial
trial = Trial.objects.order_by("created_at").first()
Protocol.objects.update_or_create(trial=trial, defaults={"rules": %r})
"""


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
    expect(page.locator("#found")).to_contain_text("will be sent")


def send(page: Page) -> None:
    page.click("#send")
    expect(page.locator("#arrived")).to_be_visible()


def some_of(folder: Path, target: Path, step: int = 9) -> list[Path]:
    """Copy some files of a study under names without an extension."""
    target.mkdir(parents=True)
    files = sorted(path for path in folder.rglob("*") if path.is_file())[::step]
    return [Path(shutil.copyfile(path, target / f"{n:04d}")) for n, path in enumerate(files)]


def shell(portal: Portal, code: str) -> str:
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", code]
    done = subprocess.run(
        command, cwd=ROOT, env=portal.environment, capture_output=True, check=True, text=True
    )
    return done.stdout


def test_a_study_becomes_a_report(
    portal: Portal, page_of: Callable[..., Page], study_folder: Path, worker: Path
) -> None:
    page = page_of("uploader")
    fill_in(page, portal, study_folder, "UP-1")
    send(page)
    page.click("#follow")
    page.wait_for_url("**/runs/**")
    expect(page.locator(".stages li")).to_have_count(7)
    try:
        page.wait_for_url("**/reports/**", timeout=ANALYSIS_MS)
    except PlaywrightError:
        pytest.fail(f"{page.inner_text('main')}\n{worker.read_text()[-3000:]}")
    expect(page.locator(".verdict [data-quantity=PDFF] .number")).to_be_visible()
    page.wait_for_selector("#viewer[data-ready]")


def test_the_same_study_again_is_offered_as_a_new_version(
    portal: Portal, page_of: Callable[..., Page], study_folder: Path, tmp_path: Path
) -> None:
    some_of(study_folder, tmp_path / "study")
    page = page_of("uploader", expected="409")
    fill_in(page, portal, tmp_path / "study", "UP-2")
    send(page)
    fill_in(page, portal, tmp_path / "study", "UP-2")
    with page.expect_response(lambda answer: answer.status == 409):
        page.click("#send")
    expect(page.locator("#fault")).to_contain_text("received before")
    twin = page.locator("#twin")
    expect(twin).to_have_attribute("href", re.compile(r"^/runs/[0-9a-f-]{36}/$"))
    assert page.request.get(f"{portal.address}{twin.get_attribute('href')}").ok
    page.click("#again")
    expect(twin).to_be_hidden()
    expect(page.locator("#arrived")).to_be_visible()


def test_what_cannot_be_cleaned_stays_and_stands_in_the_receipt(
    portal: Portal, page_of: Callable[..., Page], study_folder: Path, tmp_path: Path
) -> None:
    files = some_of(study_folder, tmp_path / "study")
    (tmp_path / "study" / "letter.txt").write_text("Dear Mrs Doe")
    capture = dcmread(files[0])
    capture.ImageType = ["DERIVED", "SECONDARY", "SCREEN SAVE"]
    dcmwrite(tmp_path / "study" / "capture", capture)
    page = page_of("uploader")
    fill_in(page, portal, tmp_path / "study", "UP-3")
    expect(page.locator("#found")).to_contain_text("2 files stay here")
    page.click("#refused-count")
    expect(page.locator("#refused-rows")).to_contain_text("letter.txt")
    expect(page.locator("#refused-rows")).to_contain_text("screen save")
    send(page)
    with page.expect_download() as download:
        page.click("#save-receipt")
    with Path(download.value.path()).open(newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert len(rows) == len(files) + 2
    assert rows["letter.txt"]["portal"] == rows["capture"]["portal"] == "not sent"
    assert rows["letter.txt"]["this computer"].startswith("not sent: It is not")
    assert {rows[path.name]["portal"] for path in files} == {"received whole"}
    told = (
        "from portal.studies.models import Upload; "
        "print(Upload.objects.latest('created_at').not_sent)"
    )
    assert shell(portal, told).strip() == "{'screen-save': 1, 'not-an-image': 1}"


def test_a_second_patient_in_the_folder_stops_the_upload(
    portal: Portal, page_of: Callable[..., Page], study_folder: Path, tmp_path: Path
) -> None:
    files = some_of(study_folder, tmp_path / "study")
    other = dcmread(files[0])
    other.PatientID = "someone else"
    dcmwrite(files[0], other)
    page = page_of("uploader")
    page.goto(portal.url("/upload/"))
    page.set_input_files("#folder", tmp_path / "study")
    expect(page.locator("#fault")).to_contain_text("2 patients")
    expect(page.locator("#send")).to_be_disabled()


@pytest.mark.filterwarnings("ignore:Invalid value for VR:UserWarning")  # planted on purpose
def test_no_planted_name_leaves_the_browser(
    portal: Portal, page_of: Callable[..., Page], study_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / f"{MARK} JANE"
    for path in some_of(study_folder, folder):
        dataset = dcmread(path)
        assert plant(dataset) > 200
        dcmwrite(folder / f"{MARK} {path.name}", dataset, enforce_file_format=True)
        path.unlink()
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", folder)
    shutil.move(packed, folder / f"{MARK}.zip")
    (folder / f"{MARK}.txt").write_text(f"Dear Mrs {MARK}")
    bodies: list[bytes] = []
    page = page_of("uploader")
    page.on("request", lambda request: bodies.append(request.post_data_buffer or b""))
    fill_in(page, portal, folder, "UP-4")
    send(page)
    assert any(b"manifest" in body or b'"sha256"' in body for body in bodies)
    assert not [body for body in bodies if MARK.encode() in body]
    server = Path(portal.environment["LOCAL_DIR"])
    files = [path for path in server.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert not [path for path in files if MARK in path.name or MARK.encode() in path.read_bytes()]


@pytest.fixture
def strict_protocol(portal: Portal) -> Iterator[None]:
    shell(portal, SET_PROTOCOL % {"flip_angle_deg_max": 1, "echoes_min": 40})
    yield
    shell(portal, SET_PROTOCOL % {})


@pytest.mark.usefixtures("strict_protocol")
def test_the_verdict_on_the_protocol_comes_before_a_byte_is_sent(
    portal: Portal, page_of: Callable[..., Page], study_folder: Path
) -> None:
    page = page_of("uploader")
    asked: list[dict[str, object]] = []
    page.on(
        "request",
        lambda request: (
            asked.append(json.loads(request.post_data or "{}"))
            if request.url.endswith("/protocol-check/")
            else None
        ),
    )
    fill_in(page, portal, study_folder, "UP-5")
    expect(page.locator("#verdict-headline")).to_have_text("2 deviations from the protocol")
    expect(page.locator("#verdict-reasons")).to_contain_text("flip angle")
    expect(page.locator("#verdict-reasons")).to_contain_text("scan again")
    expect(page.locator("#send")).to_be_enabled()
    [facts] = asked
    assert len(facts["echo_times_ms"]) >= 3  # type: ignore[arg-type]  # JSON
    assert set(facts) == {
        "echo_times_ms",
        "field_strength_t",
        "flip_angle_deg",
        "repetition_time_ms",
        "slice_thickness_mm",
        "pixel_spacing_mm",
        "coverage_mm",
        "has_phase",
    }


def test_a_closed_browser_goes_on_where_it_was(
    portal: Portal, page_of: Callable[..., Page], study_folder: Path, tmp_path: Path
) -> None:
    """Close the page at its first chunk, come back, choose the folder again."""
    some_of(study_folder, tmp_path / "study", 5)
    page = page_of("uploader", expected="ERR_FAILED")
    stopped: list[str] = []

    def stop(route: Route) -> None:
        stopped.append(route.request.url)
        route.abort()

    page.route("**/api/v1/tus/*-*", stop)
    fill_in(page, portal, tmp_path / "study", "UP-6")
    page.click("#send")
    expect(page.locator("#step")).to_have_text("Sending")
    page.wait_for_timeout(500)
    page.close(run_before_unload=False)
    again = page_of("uploader")
    fill_in(again, portal, tmp_path / "study", "UP-6")
    send(again)
    assert stopped
    told = (
        "from portal.studies.models import Upload; "
        "print([(u.state, u.files.exclude(state='received').count()) "
        "for u in Upload.objects.filter(subject__code='UP-6')])"
    )
    assert shell(portal, told).strip() == "[('complete', 0)]"


def test_the_monitor_of_nothing_may_not_send(portal: Portal, page_of: Callable[..., Page]) -> None:
    page = page_of("reader")
    page.goto(portal.url("/upload/"))
    expect(page.locator(".notice")).to_contain_text("may not send studies")
