"""A run reaches the same end whatever dies on the way. Real processes, killed for real."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from tests.faults.conftest import Portal, kill, until

DONE = dict.fromkeys(("ingest", "segment", "map", "export"), ("succeeded", 1))


def test_a_killed_worker_loses_nothing_but_its_stage(portal: Portal) -> None:
    portal.sweeper()
    portal.start_run()
    first = portal.worker()
    until(portal.workers_in_map, "the first attempt")
    before = portal.files()
    kill(first)
    portal.worker()
    until(lambda: len(portal.workers_in_map()) == 2, "the second attempt")
    now = portal.files()
    finished = [name for name in before if "/ingest/" in name]
    assert finished
    assert all(now[name] == before[name] for name in finished)
    portal.go_on()
    portal.succeeds()
    assert portal.stages() == DONE | {"map": ("succeeded", 2)}


def test_a_killed_child_of_a_worker_is_replaced_by_the_worker(portal: Portal) -> None:
    portal.sweeper()
    portal.start_run()
    portal.worker("prefork")
    until(portal.workers_in_map, "the first attempt")
    os.kill(portal.workers_in_map()[0], signal.SIGKILL)
    until(lambda: len(portal.workers_in_map()) == 2, "the second attempt")
    portal.go_on()
    portal.succeeds()
    assert portal.stages()["map"] == ("succeeded", 2)


def test_a_stage_that_kills_every_worker_is_given_up(portal: Portal) -> None:
    portal.sweeper()
    portal.start_run()
    portal.worker("prefork")
    for attempt in range(1, 4):
        until(lambda n=attempt: len(portal.workers_in_map()) == n, f"attempt {attempt}")
        newest = max(portal.folder.glob("map-*"), key=lambda path: path.stat().st_mtime_ns)
        os.kill(int(newest.name.removeprefix("map-")), signal.SIGKILL)
    until(lambda: portal.run_state() == "failed", "giving up")
    code, message = portal.query("SELECT error_code, error_message FROM runs_analysisrun")[0]
    assert code == "stage-given-up"
    assert "3 times" in str(message)


def test_a_message_that_comes_many_times_is_worked_on_once(portal: Portal) -> None:
    portal.go_on()
    run_id = portal.start_run()
    portal.send(run_id, "ingest", times=3)
    portal.worker()
    portal.sweeper()
    portal.succeeds()
    assert portal.stages() == DONE


def test_a_queue_that_is_wiped_is_filled_again(portal: Portal) -> None:
    portal.go_on()
    portal.start_run()
    wipe(portal)
    portal.worker()
    portal.sweeper()
    portal.succeeds()
    assert portal.stages() == DONE


def wipe(portal: Portal) -> None:
    """Lose every message, as a broker does that crashes without having saved."""
    if portal.broker_url.startswith("filesystem"):
        messages = [*Path(portal.folder / "broker" / "messages").iterdir()]
        assert messages
        for message in messages:
            message.unlink()
        return
    with redis.Redis.from_url(portal.broker_url) as client:
        assert client.llen("cpu") == 1
        client.flushdb()


@pytest.mark.services
def test_a_run_that_starts_while_the_broker_is_away_waits_for_it(
    tmp_path: Path, migrated: Path, redis_url: str
) -> None:
    with ExitStack() as stack:
        database = tmp_path / "lobule.sqlite3"
        database.write_bytes(migrated.read_bytes())
        away = Portal(tmp_path, f"sqlite:///{database}", "redis://127.0.0.1:1/0", stack)
        away.go_on()
        away.start_run()
        assert away.run_state() == "queued"
        back = Portal(tmp_path, away.database_url, redis_url, stack)
        back.worker("solo")
        back.sweeper()
        back.succeeds()
        assert back.stages() == DONE
