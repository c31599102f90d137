"""Server time of the report page with many readers: ``python -m tests.benchmarks.readers``.

A portal in a folder of its own, with 1,000 studies, served by the portal's own web program
(gunicorn, as ``manage.py demo`` starts it). Each reader is a session of its own that opens
reports one after the other, thinks a little, and looks at the work list now and then. With
``--think 0`` the readers never pause, and what is measured is throughput rather than a page.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.services import free_port, stopping

LIMIT_S = 0.150
ROOT = Path(__file__).resolve().parents[2]
FILL = """
import json, sys
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from tests.benchmarks.work_list import fill
from tests.browser.seed import Grid, add_report, analysed
from portal.accounts.services import create_user
from portal.trials.models import Role, Site
from portal.trials.services import add_member
studies, distinct, readers = map(int, sys.argv[1:4])
people = fill(studies - distinct)
site = Site.objects.order_by("code").first()
results = [analysed(seed, 5.0 + seed, Grid.covering((96, 80, 20))) for seed in range(1, 4)]
reports = [
    str(add_report(site, people["uploader"], f"R-{n:04}", results[n % 3]).pk)
    for n in range(distinct)
]
sessions = []
for n in range(readers):
    reader = create_user(f"reader{n}@example.org", name=f"Reader {n}")
    add_member(site.trial, reader, Role.READER)
    store = SessionStore()
    store[SESSION_KEY] = str(reader.pk)
    store[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    store[HASH_SESSION_KEY] = reader.get_session_auth_hash()
    store.create()
    sessions.append(store.session_key)
print(json.dumps({"reports": reports, "sessions": sessions}))
"""


@dataclass(slots=True)
class Times:
    """Seconds by kind of page; ``failed`` counts answers that were not 200."""

    report: list[float] = field(default_factory=list)
    work_list: list[float] = field(default_factory=list)
    failed: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--distinct", type=int, default=60, help="reports with files of their own")
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--think", type=float, default=5.0, help="mean pause of a reader, seconds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lobule-readers-") as folder:
        return measure(Path(folder), options)


def measure(folder: Path, options: argparse.Namespace) -> int:
    address = f"127.0.0.1:{free_port()}"
    environment = {
        **os.environ,
        "LOCAL_DIR": str(folder),
        "SITE_URL": f"http://{address}",
        "STORAGE_KEEP_FREE_BYTES": "0",
        "API_REQUESTS_A_MINUTE": "1000000",
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("DATABASE_URL", None)
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], check=True, env=environment)
    script = folder / "fill.py"
    script.write_text("import django; django.setup()\n" + FILL, encoding="utf-8")
    environment["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    sizes = [str(n) for n in (options.studies, options.distinct, options.readers)]
    made = subprocess.run(
        [sys.executable, str(script), *sizes],
        check=True,
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    keys = json.loads(made.stdout.decode().splitlines()[-1])
    ask = "from portal.runs.programs import programs; import json;"
    ask += f"print(json.dumps(programs({address!r})[0].command))"
    shown = subprocess.run(
        [*manage, "shell", "--no-imports", "-c", ask],
        check=True,
        env=environment,
        stdout=subprocess.PIPE,
    )
    command = json.loads(shown.stdout.decode().splitlines()[-1])
    with (
        (folder / "web.log").open("wb") as log,
        stopping(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)),
    ):
        wait_for(f"http://{address}")
        for report in keys["reports"]:  # what is drawn once and kept is drawn before
            fetch(f"http://{address}/reports/{report}/", keys["sessions"][0])
        times = read(f"http://{address}", keys, options)
    return say(times, options)


def wait_for(address: str) -> None:
    for _ in range(240):
        try:
            requests.get(f"{address}/healthz", timeout=5).raise_for_status()
        except requests.RequestException:
            time.sleep(0.5)
        else:
            return
    raise SystemExit("the portal did not start")


def fetch(url: str, session: str) -> float:
    started = time.perf_counter()
    answer = requests.get(url, cookies={"sessionid": session}, timeout=60, allow_redirects=False)
    if answer.status_code != 200:
        raise requests.HTTPError(f"{url}: {answer.status_code}")
    return time.perf_counter() - started


def read(address: str, keys: dict[str, list[str]], options: argparse.Namespace) -> Times:
    times, end = Times(), time.monotonic() + options.seconds

    def one_reader(number: int, session: str) -> None:
        rng = random.Random(number)
        time.sleep(rng.uniform(0, options.think))
        while time.monotonic() < end:
            is_list = rng.random() < 0.15
            path = "/" if is_list else f"/reports/{rng.choice(keys['reports'])}/"
            try:
                seconds = fetch(f"{address}{path}", session)
            except requests.RequestException:
                times.failed += 1
                continue
            (times.work_list if is_list else times.report).append(seconds)
            if options.think:
                time.sleep(min(rng.expovariate(1 / options.think), 3 * options.think))

    readers = [
        threading.Thread(target=one_reader, args=each) for each in enumerate(keys["sessions"])
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return times


def say(times: Times, options: argparse.Namespace) -> int:
    print(f"{options.readers} readers, {options.studies} studies, {os.cpu_count()} cores")
    worst = 0.0
    for name, seconds in (("report page", times.report), ("work list", times.work_list)):
        ordered = sorted(seconds) or [0.0]
        p95 = ordered[int(len(ordered) * 0.95) - 1]
        worst = max(worst, p95)
        print(
            f"{name:12} {len(ordered):5} pages  median {1000 * ordered[len(ordered) // 2]:6.0f} ms"
            f"  p95 {1000 * p95:6.0f} ms  longest {1000 * ordered[-1]:6.0f} ms"
        )
    print(f"{times.failed} failed")
    is_good = worst <= LIMIT_S and not times.failed
    print(
        "met" if is_good else f"MISSED: p95 {1000 * worst:.0f} ms, asked for {1000 * LIMIT_S:.0f}"
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
