"""Servers that tests need: found on this machine, started on free ports, stopped at the end.

A test that needs one asks for its fixture (``postgresql_url``, ``redis_url``, ``chromium``) and is
skipped, with a sentence, where the program is not installed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

START_LIMIT_S = 90.0
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def takes_queries(url: str) -> bool:
    """Tell whether PostgreSQL is up; its port is open some time before."""
    try:
        with psycopg.connect(url):
            return True
    except psycopg.OperationalError:
        return False


def wait_until(is_up: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while not is_up():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} did not start")
        time.sleep(0.05)


def find_program(*names: str) -> str | None:
    """Return the first program found on the path or where Debian hides PostgreSQL's."""
    hidden = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
        Path("/usr/local/bin"),
    ]
    for name in names:
        if found := shutil.which(name):
            return found
        for folder in hidden:
            if (folder / name).is_file():
                return str(folder / name)
    return None


def require_program(*names: str) -> str:
    found = find_program(*names)
    if found is None:
        pytest.skip(f"{names[0]} is not installed on this machine")
    return found


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: return who it runs as instead."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL cannot run as root and there is no other user")


@contextmanager
def postgresql() -> Iterator[str]:
    """Run an empty PostgreSQL and give its address."""
    initdb, server = require_program("initdb"), require_program("postgres")
    owner = _unprivileged()
    with tempfile.TemporaryDirectory(prefix="lobule-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if owner:
            os.chown(folder, owner["user"], owner["group"])
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        data = folder / "data"
        command = (
            initdb,
            "-D",
            str(data),
            "-U",
            "lobule",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        )
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        subprocess.run(command, check=True, cwd=folder, env=environment, **quiet, **owner)
        port = free_port()
        options = ("-p", str(port), "-h", "127.0.0.1", "-k", str(folder), "-F")
        process = subprocess.Popen(
            (server, "-D", str(data), *options), cwd=folder, env=environment, **quiet, **owner
        )
        with stopping(process):
            url = f"postgresql://lobule@127.0.0.1:{port}/postgres"
            wait_until(partial(takes_queries, url), process)
            yield url


@contextmanager
def redis() -> Iterator[str]:
    """Run an empty Redis that keeps nothing and give its address."""
    server = require_program("redis-server")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="lobule-redis-") as folder:
        options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder)
        process = subprocess.Popen((server, *options), stdout=subprocess.DEVNULL)
        with stopping(process):
            wait_until(partial(is_open, port), process)
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def stopping(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with redis() as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> str:
    return require_program(*CHROMIUM_NAMES)
