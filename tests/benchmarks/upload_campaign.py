"""Kill an upload of 700 slices 20 times (browser, network, server) and count every byte at the end.

Run with ``make bench-upload`` or ``python -m tests.benchmarks.upload_campaign --files 700 --kills
20``. A portal of its own, the real page in Chromium, and a slow line between them that can be cut.
The slices are simulated, with names planted in their headers; what the portal holds at the end is
compared with what `manage.py deidentify` makes of the same folder under the same key.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import requests
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, sync_playwright
from pydicom import dcmread, dcmwrite

from tests.portal.studies.deidentification.planting import MARK

REPOSITORY = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery liver"
LINE_BYTES_PER_S = 6_000_000
PIECE = 64 * 1024
SIDE = 256  # 128 kB a slice
KINDS = ("browser", "network", "server")
MAKE_ACCOUNT = f"""
from portal.accounts.services import create_user
from portal.trials.models import Role
from portal.trials.services import add_member, create_site, create_trial
trial = create_trial("Campaign")
site = create_site(trial, "Site", code="S")
add_member(trial, create_user("uma@example.org", password={PASSWORD!r}), Role.UPLOADER, site=site)
"""
TELL = """
import json
from portal.studies.models import SiteKey, Upload
upload = Upload.objects.get()
rows = list(upload.files.values_list("relative_path", "sha256", "state"))
key = SiteKey.objects.get().key_hex
print("TOLD", json.dumps({"key": key, "state": upload.state, "rows": rows}))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Line:
    """A slow line to the portal that counts what is sent and can be cut."""

    port: int
    target: int
    is_cut: bool = False
    sent_bytes: int = 0
    ends: list[socket.socket] = field(default_factory=list)

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        self.is_cut = True
        for end in self.ends:
            close_both_ways(end)
        self.ends.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            near, _ = listener.accept()
            try:
                if self.is_cut:
                    raise OSError
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            self.ends += [near, far]
            for source, sink, is_up in ((near, far, True), (far, near, False)):
                work = threading.Thread(target=self._pump, args=(source, sink, is_up), daemon=True)
                work.start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_up: bool) -> None:  # noqa: FBT001
        try:
            while data := source.recv(PIECE):
                sink.sendall(data)
                if is_up:
                    self.sent_bytes += len(data)
                    time.sleep(len(data) / LINE_BYTES_PER_S)
        except OSError:
            pass
        for end in (source, sink):
            close_both_ways(end)


def close_both_ways(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


class Server:
    """A portal that can be killed without a chance to tidy up."""

    def __init__(self, environment: dict[str, str], port: int) -> None:
        self.environment, self.port = environment, port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        bind = f"127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", bind]
        log = Path(self.environment["LOCAL_DIR"]) / "web.log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, "--threads", "4", "--timeout", "600"],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        for _ in range(600):
            try:
                requests.get(f"http://{bind}/healthz", timeout=5)
                return
            except requests.RequestException:
                time.sleep(0.2)
        raise TimeoutError("the portal did not start")

    def kill(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, 9)
            self.process.wait()


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, check=True, capture_output=True, text=True
    ).stdout


def write_study(folder: Path, files: int, environment: dict[str, str]) -> None:
    """Write ``files`` slices of noise with the headers of one simulated slice."""
    manage(environment, "simulate", "--out", str(folder / "made"), "--shape", "48,36,12")
    dataset = dcmread(next(path for path in (folder / "made" / "dicom").rglob("*.dcm")))
    shutil.rmtree(folder / "made")
    dataset.PatientName, dataset.PatientID = f"{MARK}^JANE", f"{MARK} 4711"
    dataset.Rows = dataset.Columns = SIDE
    generator = np.random.default_rng(1)
    for number in range(files):
        dataset.SOPInstanceUID = f"1.2.826.0.1.3680043.10.1.{number + 1}"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.InstanceNumber = number + 1
        dataset.PixelData = generator.integers(0, 4096, (SIDE, SIDE), dtype=np.uint16).tobytes()
        dcmwrite(folder / f"{MARK} {number:04d}", dataset, enforce_file_format=True)


def kill_browser(profile: Path) -> None:
    """Kill every process of the browser that uses this profile, and no other."""
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
            if f"--user-data-dir={profile}".encode() in arguments:
                os.kill(int(folder.name), signal.SIGKILL)


@contextmanager
def browser_page(profile: Path, address: str) -> Iterator[Page]:
    """Open the page in a browser that keeps its profile, as a person's does."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(profile),
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox"],
        )
        context.set_default_timeout(180_000)
        page = context.pages[0]
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"{address}/upload/")
        if "/login/" in page.url:
            page.fill("#id_login", "uma@example.org")
            page.fill("#id_password", PASSWORD)
            page.click("button.primary")
            page.goto(f"{address}/upload/")
        try:
            yield page
        finally:
            kill_browser(profile)
            with suppress(PlaywrightError):
                context.close()


def choose_and_send(page: Page, folder: Path) -> None:
    page.set_input_files("#folder", folder)
    page.fill("#subject", "S-001")
    page.wait_for_selector("#send:not([disabled])")
    page.click("#send")


def wait_until_sent(page: Page, line: Line, until: int) -> bool:
    """Wait until the line has carried so many bytes; False when everything has arrived."""
    for _ in range(6000):
        if line.sent_bytes >= until:
            return True
        if page.is_visible("#arrived"):
            return False
        if page.is_visible("#fault"):
            raise RuntimeError(page.inner_text("#fault"))
        page.wait_for_timeout(50)
    raise TimeoutError("nothing was sent")


def one_round(kind: str, page: Page, line: Line, server: Server, until: int) -> bool:
    """Disturb once and, where the page lives on, let it go on by itself; True when all arrived."""
    if not wait_until_sent(page, line, until):
        return True
    if kind == "network":
        line.cut()
        page.wait_for_timeout(3000)
        line.is_cut = False
    elif kind == "server":
        server.kill()
        server.start()
    return False


def campaign(
    folder: Path, address: str, line: Line, server: Server, profile: Path, kills: int, size: int
) -> list[str]:
    chance = random.Random(1)
    done: list[str] = []
    is_over = False
    while not is_over:
        with browser_page(profile, address) as page:
            choose_and_send(page, folder)
            while True:
                if len(done) == kills:
                    page.wait_for_selector("#arrived:not([hidden])", timeout=600_000)
                    is_over = True
                    break
                kind = KINDS[len(done) % len(KINDS)]
                ahead = int(size / (2 * kills) * chance.uniform(0.2, 1.0))
                if one_round(kind, page, line, server, line.sent_bytes + ahead):
                    is_over = True
                    break
                done.append(kind)
                print(
                    f"{len(done):2d} {kind}: {line.sent_bytes / 1e6:.1f} MB on the line", flush=True
                )
                if kind == "browser":
                    break
    return done


def verify(folder: Path, scratch: Path, environment: dict[str, str]) -> tuple[int, int, list[str]]:
    """Compare what is stored with what the command line makes of the folder under the same key."""
    told = json.loads(manage(environment, "shell", "-c", TELL).split("TOLD", 1)[1])
    (scratch / "key").write_text(told["key"] + "\n")
    arguments = ("--out", str(scratch / "expected"), "--subject", "S-001", "--key")
    manage(environment, "deidentify", str(folder), *arguments, str(scratch / "key"))
    expected = {
        path.relative_to(scratch / "expected").as_posix(): path.read_bytes()
        for path in (scratch / "expected").rglob("*.dcm")
    }
    storage = Path(environment["LOCAL_DIR"]) / "storage" / "sha256"
    stored = {path.name: path for path in storage.rglob("*") if path.is_file()}
    wrong = [path for path, _, state in told["rows"] if state != "received"]
    for path, sha256, _ in told["rows"]:
        content = stored[sha256].read_bytes() if sha256 in stored else b""
        is_whole = hashlib.sha256(content).hexdigest() == sha256 and content == expected.get(path)
        wrong += [] if is_whole else [path]
    doubled = len(told["rows"]) - len({path for path, _, _ in told["rows"]})
    assert told["state"] == "complete"
    return len(stored), len(expected) - len(told["rows"]) + doubled, wrong


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=700)
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        (scratch / "study").mkdir()
        (scratch / "local").mkdir()
        server_port, line_port = free_port(), free_port()
        address = f"http://127.0.0.1:{line_port}"
        environment = os.environ | {
            "LOCAL_DIR": str(scratch / "local"),
            "SITE_URL": address,
            "STORAGE_KEEP_FREE_BYTES": "0",
            "DEIDENTIFICATION_REQUIRED": "true",
        }
        write_study(scratch / "study", options.files, environment)
        size = sum(path.stat().st_size for path in (scratch / "study").iterdir())
        manage(environment, "migrate")
        manage(environment, "shell", "-c", MAKE_ACCOUNT)
        server, line = Server(environment, server_port), Line(line_port, server_port)
        server.start()
        line.start()
        try:
            started = time.monotonic()
            done = campaign(
                scratch / "study", address, line, server, scratch / "profile", options.kills, size
            )
            seconds = time.monotonic() - started
        finally:
            server.kill()
        stored, lost_or_doubled, wrong = verify(scratch / "study", scratch, environment)
        planted = [
            path
            for path in (scratch / "local").rglob("*")
            if path.is_file() and MARK.encode() in path.read_bytes()
        ]
    print(f"{options.files} files, {size / 1e6:.1f} MB, {len(done)} kills in {seconds:.0f} s")
    print(
        f"sent over the line: {line.sent_bytes / 1e6:.1f} MB ({line.sent_bytes / size:.2f} times)"
    )
    print(f"stored: {stored}; lost or doubled: {lost_or_doubled}; other bytes: {len(wrong)}")
    print(f"files of the server with a planted name: {len(planted)}")
    if len(done) < options.kills:
        print("everything had arrived before the last kill: take more files")
    if stored != options.files or lost_or_doubled or wrong or planted:
        sys.exit(1)


if __name__ == "__main__":
    main()
