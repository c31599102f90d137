from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from tests.conftest import REPOSITORY

# They change the stages of the process that imports them: never this one.
collect_ignore = ["toy_portal.py", "toy_sweeper.py"]
LIMIT_S = 180.0  # reached only when something hangs
Row = tuple[str, int]


def until(condition: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not happen within {limit_s:.0f} s")
        time.sleep(0.1)


@dataclass
class Portal:
    """A portal of real processes in a folder of its own."""

    folder: Path
    database_url: str
    broker_url: str
    stack: ExitStack
    logs: list[Path] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "LOCAL_DIR": str(self.folder / "local"),
            "DATABASE_URL": self.database_url,
            "STORAGE_URL": f"file://{self.folder}/storage",
            "CELERY_BROKER_URL": self.broker_url,
            "STORAGE_KEEP_FREE_BYTES": "0",
            "RUN_WAKE_AGAIN_SECONDS": "2",
            "TOY_FOLDER": str(self.folder),
            "OMP_NUM_THREADS": "1",
        }

    def call(self, *command: str) -> str:
        result = subprocess.run(
            (sys.executable, *command),
            cwd=REPOSITORY,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert result.returncode == 0, result.stderr[-3000:]
        return result.stdout.strip()

    def spawn(self, *command: str) -> subprocess.Popen[bytes]:
        log = self.folder / f"log-{len(self.logs)}"
        self.logs.append(log)
        with log.open("wb") as stream:
            process = subprocess.Popen(
                (sys.executable, *command),
                cwd=REPOSITORY,
                env=self.environment,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
        self.stack.callback(kill, process)
        return process

    def worker(self, pool: str = "prefork") -> subprocess.Popen[bytes]:
        return self.spawn(
            *("-m", "celery", "--app", "tests.faults.toy_portal", "worker", "--queues", "cpu"),
            *("--pool", pool, "--concurrency", "1", "--loglevel", "INFO"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        )

    def sweeper(self) -> subprocess.Popen[bytes]:
        return self.spawn("-m", "tests.faults.toy_sweeper")

    def start_run(self) -> str:
        return self.call("-m", "tests.faults.toy_portal", "start")

    def send(self, run_id: str, stage: str, times: int) -> None:
        self.call("-m", "tests.faults.toy_portal", "send", run_id, stage, str(times))

    def go_on(self) -> None:
        (self.folder / "go").touch()

    def workers_in_map(self) -> list[int]:
        return [int(path.name.removeprefix("map-")) for path in self.folder.glob("map-*")]

    def query(self, sql: str) -> list[tuple[object, ...]]:
        if self.database_url.startswith("sqlite"):
            path = self.database_url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
                return db.execute(sql).fetchall()
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(sql.encode()).fetchall()

    def stages(self) -> dict[str, Row]:
        """Return state and number of attempts by stage."""
        rows = self.query("SELECT stage, state, attempts FROM runs_stagerun ORDER BY position")
        return {str(stage): (str(state), int(str(n))) for stage, state, n in rows}

    def run_state(self) -> object:
        return self.query("SELECT state FROM runs_analysisrun")[0][0]

    def succeeds(self) -> None:
        until(lambda: self.run_state() not in ("queued", "running"), "the end of the run")
        tails = "\n".join(log.read_text(errors="replace")[-2000:] for log in self.logs)
        assert self.run_state() == "succeeded", tails

    def files(self) -> dict[str, bytes]:
        root = self.folder / "storage" / "runs"
        return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with everything it started, without a chance to say goodbye."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def new_database(server_url: str, name: str, template: str = "template1") -> str:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return urlsplit(server_url)._replace(path=f"/{name}").geturl()


@pytest.fixture(params=["embedded", pytest.param("server", marks=pytest.mark.services)])
def portal(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Iterator[Portal]:
    """A portal in both modes: SQLite with files as broker, PostgreSQL with Redis."""
    with ExitStack() as stack:
        if request.param == "embedded":
            database = tmp_path / "lobule.sqlite3"
            database.write_bytes(migrated.read_bytes())
            urls = (f"sqlite:///{database}", f"filesystem://{tmp_path}/broker")
            yield Portal(tmp_path, *urls, stack)
            return
        server = request.getfixturevalue("migrated_server")
        database = new_database(server, f"test_{time.monotonic_ns()}", template="migrated")
        broker = request.getfixturevalue("redis_url")
        with redis.Redis.from_url(broker) as client:
            client.flushall()
        yield Portal(tmp_path, database, broker, stack)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with all tables, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("migrated")
    migrate(folder, f"sqlite:///{folder}/lobule.sqlite3")
    return folder / "lobule.sqlite3"


@pytest.fixture(scope="session")
def migrated_server(postgresql_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a server with a database ``migrated`` that has all tables."""
    migrate(tmp_path_factory.mktemp("migrated"), new_database(postgresql_url, "migrated"))
    return postgresql_url


def migrate(folder: Path, database_url: str) -> None:
    with ExitStack() as stack:
        made = Portal(folder, database_url, f"filesystem://{folder}/broker", stack)
        made.call("manage.py", "migrate", "--verbosity", "0")
