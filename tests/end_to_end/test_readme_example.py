"""The worked example of the portal's README, as it stands there, against a running portal."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.conftest import REPOSITORY
from tests.end_to_end.conftest import simulate
from tests.services import free_port, stopping

README = REPOSITORY / "portal" / "README.md"
START_LIMIT_S = 300
SEED = """
import json
from portal.accounts.services import create_token, create_user
from portal.trials.models import Role
from portal.trials.services import add_member, create_site, create_trial
user = create_user("uploader@example.org")
trial = create_trial("Example")
site = create_site(trial, "North hospital", code="N")
add_member(trial, user, Role.UPLOADER, site=site)
print(json.dumps({"site": str(site.pk), "key": create_token(user, "script", scope="write")[1]}))
"""


@dataclass(frozen=True, slots=True)
class RunningPortal:
    address: str
    site: str
    key: str


def example() -> str:
    text = README.read_text(encoding="utf-8")
    found = re.search(r"```python\n(import base64.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[RunningPortal]:
    """A portal in processes of its own: web and one worker, in a folder of its own."""
    address = f"http://127.0.0.1:{free_port()}"
    environment = {
        **os.environ,
        "LOCAL_DIR": str(tmp_path / "local"),
        "SITE_URL": address,
        "STORAGE_KEEP_FREE_BYTES": "0",
        "OMP_NUM_THREADS": "1",
    }
    environment.pop("DATABASE_URL", None)
    manage = [sys.executable, "manage.py"]
    worker = [sys.executable, "-m", "celery", "--app", "portal.celery", "worker"]
    worker += ["--queues", "cpu,gpu", "--pool", "solo", "--without-gossip", "--without-mingle"]

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [*manage, *arguments], cwd=REPOSITORY, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        return done.stdout.decode()

    run("migrate", "--no-input", "--verbosity", "0")
    made = json.loads(run("shell", "--no-imports", "-c", SEED).splitlines()[-1])
    with ExitStack() as programs, (tmp_path / "log").open("wb") as log:
        for command in ([*manage, "runserver", "--noreload", address[7:]], worker):
            process = subprocess.Popen(
                command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log
            )
            programs.enter_context(stopping(process))
        wait_for(address)
        yield RunningPortal(address, made["site"], made["key"])


def wait_for(address: str) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        try:
            requests.get(f"{address}/healthz", timeout=5).raise_for_status()
        except requests.RequestException:
            time.sleep(0.3)
        else:
            return
    pytest.fail("the portal did not start")


def test_the_example_is_about_twenty_lines_long() -> None:
    assert 15 <= len(example().splitlines()) <= 24


@pytest.mark.model
def test_the_example_uploads_waits_and_fetches_results(
    portal: RunningPortal, tmp_path: Path
) -> None:
    study = simulate(tmp_path / "study")
    folder = tmp_path / "work"
    folder.mkdir()
    clean = [sys.executable, "manage.py", "deidentify", str(study / "dicom")]
    clean += ["--out", str(tmp_path / "clean"), "--key", str(tmp_path / "key")]
    subprocess.run([*clean, "--subject", "S-001"], cwd=REPOSITORY, check=True, capture_output=True)
    shutil.make_archive(str(folder / "study"), "zip", tmp_path / "clean")
    code = example()
    for placeholder, value in (
        ("http://127.0.0.1:8000", portal.address),
        ("<uuid of the site, from GET /sites/>", portal.site),
        ("lob_…", portal.key),
    ):
        assert code.count(placeholder) == 1
        code = code.replace(placeholder, value)
    (folder / "example.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = re.fullmatch(r"PDFF (\d+\.\d) ± (\d+\.\d\d) %\n", done.stdout)
    assert said is not None, done.stdout
    assert said.groups() == in_the_document(portal)


def in_the_document(portal: RunningPortal) -> tuple[str, str]:
    """Read the same number where it comes from, the report's document."""
    headers = {"Authorization": f"Bearer {portal.key}"}
    base = f"{portal.address}/api/v1/reports/"
    (report,) = requests.get(base, headers=headers, timeout=30).json()["results"]
    document = requests.get(f"{base}{report['id']}/document/", headers=headers, timeout=30).json()
    wanted = ("PDFF", "liver", "mean")
    (found,) = (
        row
        for row in document["measurements"]
        if (row["quantity"], row["region"], row["statistic"]) == wanted
    )
    return f"{found['value']:.1f}", f"{found['standard_error']:.2f}"
