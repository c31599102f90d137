"""How soon the report page is there: first numbers, viewer, keys, brush, stroke of the mask, print.

Run ``python -m tests.benchmarks.report_page [--grid 256,256,64] [--strokes N]``. Makes a portal of
its own with one simulated study, opens its report in Debian's Chromium with software WebGL and an
empty cache, and prints one JSON line a figure with the load of the machine beside it. The viewer is
usable when anatomy, first map and outlines are drawn and a key for the next slice was answered with
a new picture, read back from WebGL. ``--opens N`` opens the page N times, each in a new browser.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery liver"  # of tests.browser.seed
SOFTWARE_WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
# As portal.runs.programs starts it.
WEB = (
    *(sys.executable, "-m", "gunicorn", "portal.wsgi:application", "--workers", "2"),
    *("--threads", "4", "--timeout", "120", "--config", "python:portal.web_start", "--preload"),
)
PAINTED = (
    "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    " - performance.getEntriesByType('navigation')[0].startTime"
)
SCRIPT_BYTES = (
    "performance.getEntriesByType('resource').filter(e => e.name.endsWith('.js')"
    " && !/(viewer|charts)-/.test(e.name)).reduce((sum, e) => sum + e.decodedBodySize, 0)"
)

# Resolves once the canvas holds another picture; where nothing was drawn it reads as see-through.
WATCH_PICTURE = """() => {
  const canvas = document.getElementById('viewer-canvas');
  const gl = canvas.getContext('webgl2');
  let last = 0;
  const picture = () => {
    const words = new Int32Array(canvas.width * canvas.height);
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, null);
    const bytes = new Uint8Array(words.buffer);
    gl.readPixels(0, 0, canvas.width, canvas.height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    if (words[0] === 0) return last;
    return words.reduce((sum, word) => (31 * sum + word) | 0, 1);
  };
  window.watchPicture = () => {
    window.shown = new Promise((resolve) => {
      const look = (start) => {
        const now = picture();
        if (now === last) return requestAnimationFrame(() => look(start));
        last = now;
        requestAnimationFrame(() => resolve([start, performance.now()]));
      };
      window.addEventListener('keydown', (event) => {
        requestAnimationFrame(() => look(event.timeStamp));
      }, { once: true });
    });
  };
}"""
SCROLL = ("ArrowUp", "ArrowDown")
KEYS = (
    ("key for a slice", SCROLL * 5),
    ("key for the window", ("}", "{") * 5),
    ("key for the strength of the map", ("[", "]") * 5),
    ("key for outlines", ("o",) * 10),
)


def note(figure: str, value: float, unit: str, reach: str) -> None:
    row = {"figure": figure, "value": round(value, 1), "unit": unit, "reach": reach}
    row["load"] = round(os.getloadavg()[0], 1)
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


@contextmanager
def portal(grid: str) -> Iterator[tuple[str, str]]:
    """Yield the address of a portal and the key of its report."""
    with tempfile.TemporaryDirectory(prefix="lobule-bench-") as name, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
        probe.close()
        environment = {**os.environ, "LOCAL_DIR": name, "SITE_URL": address}
        environment |= {"STORAGE_KEEP_FREE_BYTES": "0", "OMP_NUM_THREADS": "1"}
        seed = [sys.executable, "-m", "tests.browser.seed", grid]
        done = subprocess.run(seed, cwd=ROOT, env=environment, capture_output=True, check=True)
        made = json.loads(done.stdout.decode().splitlines()[-1])
        place = address.removeprefix("http://")
        command = [*WEB, "--bind", place]
        log = Path(name) / "web.log"
        with log.open("wb") as output:
            web = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
            try:
                wait_until_up(address)
                yield address, made["report"]
            finally:
                web.terminate()
                web.wait(timeout=20)


def wait_until_up(address: str) -> None:
    for _ in range(240):
        try:
            requests.get(f"{address}/healthz", timeout=5).raise_for_status()
        except requests.RequestException:
            time.sleep(0.5)
        else:
            return
    raise TimeoutError("the portal did not start")


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill("#id_login", "reader@example.org")
    page.fill("#id_password", PASSWORD)
    page.click("button.primary")
    page.wait_for_url(f"{address}/")


def measure_opening(page: Page, url: str) -> None:
    page.goto(url, wait_until="commit")
    page.wait_for_selector(".verdict .number")
    page.wait_for_selector("#viewer[data-ready]", timeout=120_000)
    page.evaluate(WATCH_PICTURE)
    _, usable_ms = picture_after(page, "ArrowUp")
    note("first numbers painted", page.evaluate(PAINTED), "ms", "<= 500 ms")
    note("viewer usable", usable_ms, "ms", "<= 3000 ms")
    note("script before the numbers", page.evaluate(SCRIPT_BYTES) / 1000, "kB", "<= 100 kB")


def picture_after(page: Page, key: str) -> tuple[float, float]:
    """Press a key; return when it was pressed and when its picture was there, in ms of the page."""
    page.evaluate("watchPicture()")
    page.keyboard.press(key)
    pressed_ms, shown_ms = page.evaluate("shown")
    return pressed_ms, shown_ms


def measure_keys(page: Page) -> None:
    page.wait_for_selector("#histogram .nsewdrag")
    page.wait_for_timeout(2000)
    maps = page.locator("[data-map]").count()
    for _ in range(maps):  # the first time a map is fetched
        picture_after(page, "p")
    for name, keys in (*KEYS, ("key for the next map", ("p",) * maps)):
        times = []
        for key in keys:
            pressed_ms, shown_ms = picture_after(page, key)
            times.append(shown_ms - pressed_ms)
            page.wait_for_timeout(100)
        note(f"{name}, median", statistics.median(times), "ms", "<= 100 ms")
        note(f"{name}, slowest", max(times), "ms", "<= 100 ms")


def measure_brush(page: Page) -> None:
    page.wait_for_selector("#histogram .nsewdrag")
    page.wait_for_timeout(2000)
    times = []
    for low in range(2, 12):
        page.fill("#brush-low", str(low))
        page.fill("#brush-high", str(low + 4))
        times.append(
            page.evaluate(
                "() => { const start = performance.now();"
                " document.getElementById('brush-form').requestSubmit();"
                " return performance.now() - start; }"
            )
        )
    note("brush to lit voxels, median", statistics.median(times), "ms", "<= 200 ms")
    note("brush to lit voxels, slowest", max(times), "ms", "<= 200 ms")


def measure_strokes(page: Page, count: int) -> None:
    page.click("#edit-start")
    page.select_option("#edit-label", "3")
    page.wait_for_selector("#viewer[data-measured]")
    box = page.locator("#viewer-canvas").bounding_box()
    if box is None:
        raise RuntimeError("there is no canvas")
    times = []
    for n in range(count):
        x, y = box["x"] + 0.55 * box["width"], box["y"] + (0.4 + 0.02 * n) * box["height"]
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 40, y + 10, steps=5)
        page.evaluate("delete document.getElementById('viewer').dataset.measured")
        started = page.evaluate("performance.now()")
        page.mouse.up()
        page.wait_for_selector("#viewer[data-measured]")
        shown = page.evaluate("Number(document.getElementById('viewer').dataset.measured)")
        times.append(shown - started)
    note("stroke to new numbers, median", statistics.median(times), "ms", "<= 1000 ms")
    note("stroke to new numbers, slowest", max(times), "ms", "<= 1000 ms")


def measure_server(page: Page, url: str) -> None:
    for name, path, reach in (
        ("report page, server", "", "p95 <= 150 ms with 50 readers"),
        ("print", "report.pdf", "<= 2000 ms"),
    ):
        started = time.perf_counter()
        page.request.get(f"{url}{path}", timeout=120_000)
        note(name, 1000 * (time.perf_counter() - started), "ms", reach)


@contextmanager
def opened(playwright: Playwright, address: str) -> Iterator[Page]:
    """Yield a page of a new browser, with an empty cache, signed in."""
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=["--no-sandbox", *SOFTWARE_WEBGL]
    )
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    sign_in(page, address)
    try:
        yield page
    finally:
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grid", default="256,256,64")
    parser.add_argument("--strokes", type=int, default=8)
    parser.add_argument("--opens", type=int, default=1)
    options = parser.parse_args()
    with portal(options.grid) as (address, report), sync_playwright() as playwright:
        url = f"{address}/reports/{report}/"
        for _ in range(options.opens - 1):
            with opened(playwright, address) as page:
                measure_opening(page, url)
        with opened(playwright, address) as page:
            measure_opening(page, url)
            measure_keys(page)
            measure_brush(page)
            measure_strokes(page, options.strokes)
            measure_server(page, url)


if __name__ == "__main__":
    main()
