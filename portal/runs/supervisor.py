"""Several programs under one: started together, watched, restarted in sight, stopped together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

GRACE_S = 8.0
STEP_S = 0.2
DEATHS_ALLOWED = 5
DEATHS_WITHIN_S = 60.0
TAIL_LINES = 8
_PR_SET_PDEATHSIG = 1

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Program:
    """A program that should run as long as the supervisor does; its output goes to a log file."""

    name: str
    command: tuple[str, ...]


@dataclass(slots=True)
class _Child:
    program: Program
    log: Path
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)


class Supervisor:
    """Runs programs until it is told to stop, or one of them cannot be kept running."""

    def __init__(self, programs: tuple[Program, ...], logs: Path, say: Say) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._children = [_Child(each, logs / f"{each.name}.log") for each in programs]
        self._say = say
        self.is_stopping = False

    def run(self, step: Callable[[], None] = lambda: None) -> int:
        """Start everything and watch; return the exit status, 0 when it was asked to stop.

        Parameters
        ----------
        step
            Called again and again while the programs run.
        """
        before = {each: signal.signal(each, self._stop) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            for child in self._children:
                self._start(child)
            while not self.is_stopping:
                if not all(map(self._is_kept_running, self._children)):
                    return 1
                step()
                time.sleep(STEP_S)
            return 0
        finally:
            self._stop_all()
            for each, handler in before.items():
                signal.signal(each, handler)

    def stop(self) -> None:
        """Ask ``run`` to stop everything and return."""
        self.is_stopping = True

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stop()

    def _start(self, child: _Child) -> None:
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(  # noqa: S603 - our own fixed commands
                child.program.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )

    def _is_kept_running(self, child: _Child) -> bool:
        """Restart a child that died; give up on one that dies again and again."""
        if child.process is None or child.process.poll() is None:
            return True
        now = time.monotonic()
        child.deaths = [at for at in child.deaths if now - at < DEATHS_WITHIN_S] + [now]
        self._say(f"{child.program.name} stopped ({_reason(child.process.returncode)}):")
        for line in _tail(child.log):
            self._say(f"    {line}")
        if len(child.deaths) >= DEATHS_ALLOWED:
            self._say(f"{child.program.name} does not stay up; stopping. Its log: {child.log}")
            return False
        self._say(f"Starting {child.program.name} again.")
        self._start(child)
        return True

    def _stop_all(self) -> None:
        running = [c.process for c in self._children if c.process and c.process.poll() is None]
        for process in running:
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        while time.monotonic() < deadline and any(p.poll() is None for p in running):
            time.sleep(STEP_S / 4)
        for process in running:
            _signal_group(process, signal.SIGKILL)
            process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)  # the child leads its own group
    except ProcessLookupError:
        return


def _die_with_parent() -> None:
    """Have Linux stop the child should the supervisor be killed without a chance to do it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _reason(returncode: int) -> str:
    if returncode < 0:
        return signal.Signals(-returncode).name
    return f"exit status {returncode}"


def _tail(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
