from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.runs.supervisor import DEATHS_ALLOWED, Program, Supervisor

LIMIT_S = 20.0


def sleeper(name: str) -> Program:
    return Program(name, (sys.executable, "-c", "import time; time.sleep(60)"))


def writes_pid(name: str, file: Path, then: str) -> Program:
    code = f"import os, time; open({str(file)!r}, 'a').write(f'{{os.getpid()}} '); {then}"
    return Program(name, (sys.executable, "-c", code))


def pids(file: Path) -> list[int]:
    return [int(word) for word in file.read_text().split()] if file.exists() else []


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(condition: Callable[[], object], supervisor: Supervisor) -> Callable[[], None]:
    started = time.monotonic()

    def step() -> None:
        if condition() or time.monotonic() - started > LIMIT_S:
            supervisor.stop()

    return step


def test_ctrl_c_stops_every_program(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    two = tuple(writes_pid(name, file, "time.sleep(60)") for name in ("one", "two"))
    supervisor = Supervisor(two, tmp_path / "logs", lambda line: None)

    def interrupt_when_up() -> None:
        if len(pids(file)) == 2:
            signal.raise_signal(signal.SIGINT)

    assert supervisor.run(interrupt_when_up) == 0
    assert len(pids(file)) == 2
    assert not any(map(is_alive, pids(file)))


def test_a_program_that_ignores_the_request_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.runs.supervisor.GRACE_S", 0.5)
    file = tmp_path / "pids"
    deaf = writes_pid("deaf", file, "time.sleep(60)")
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + deaf.command[-1]
    deaf = Program("deaf", (*deaf.command[:-1], code))
    supervisor = Supervisor((deaf,), tmp_path / "logs", lambda line: None)
    supervisor.run(until(lambda: pids(file), supervisor))
    assert not is_alive(pids(file)[0])


def test_a_killed_program_is_started_again_in_sight(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    said: list[str] = []
    program = writes_pid("worker", file, "time.sleep(60)")
    supervisor = Supervisor((program,), tmp_path / "logs", said.append)
    killed: list[int] = []

    def kill_once() -> bool:
        if pids(file) and not killed:
            killed.append(pids(file)[0])
            os.kill(killed[0], signal.SIGKILL)
        return len(pids(file)) == 2

    assert supervisor.run(until(kill_once, supervisor)) == 0
    assert len(pids(file)) == 2
    assert said[0] == "worker stopped (SIGKILL):"
    assert said[-1] == "Starting worker again."


def test_a_program_that_never_stays_up_ends_all(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    said: list[str] = []
    broken = Program("broken", (sys.executable, "-c", "raise SystemExit('no such port')"))
    programs = (writes_pid("good", file, "time.sleep(60)"), broken)
    supervisor = Supervisor(programs, tmp_path / "logs", said.append)
    assert supervisor.run() == 1
    assert "    no such port" in said
    assert said.count("broken stopped (exit status 1):") == DEATHS_ALLOWED
    assert "broken does not stay up" in said[-1]
    assert not any(map(is_alive, pids(file)))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_programs_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    child = os.fork()
    if child == 0:  # the supervisor, to be killed
        program = writes_pid("worker", file, "time.sleep(60)")
        Supervisor((program,), tmp_path / "logs", lambda line: None).run()
        os._exit(0)
    deadline = time.monotonic() + LIMIT_S
    while not pids(file) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while any(map(is_alive, pids(file))) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert pids(file)
    assert not any(map(is_alive, pids(file)))
