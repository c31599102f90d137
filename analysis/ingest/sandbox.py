"""Have strangers' bytes parsed by short-lived processes with bounded memory and time."""

from __future__ import annotations

import errno
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from analysis.errors import UnusableInput
from analysis.ingest.options import ReadLimits
from analysis.wording import Words, plain, words, words_from

REPOSITORY = Path(__file__).resolve().parents[2]
SMALL_BATCH = 24
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
MAX_DEATHS = 12
WALL_PER_CPU_SECOND = 5

logger = logging.getLogger(__name__)
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Program:
    """What answers a task, and the packages that it must not load.

    Parsing headers needs neither arrays nor decoders. pydicom loads both, and a network client,
    where it finds them: that is most of the time to start, and code that strangers' bytes need not
    reach.
    """

    module: str
    without: tuple[str, ...] = ()


PROGRAM_BY_TASK = {
    "headers": Program("analysis.ingest.header_task", ("numpy", "gdcm", "PIL", "requests")),
    "decode": Program("analysis.ingest.decode_task"),
    "unpack": Program("analysis.ingest.archive_task"),
    "nifti": Program("analysis.ingest.nifti_task"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reading process says about one item: a value, or an error in words with a code.

    ``error`` is the English of ``said``.
    """

    value: Any = None
    error: str = ""
    code: str = ""
    errno: int = 0
    said: Words = Words("")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Runs tasks of the reading programs in bounded processes.

    Parameters
    ----------
    scratch
        Existing folder for requests; the caller removes it.
    limits
        Bounds on memory, time and size.
    on_progress
        Called with the number of items answered since the last call.
    """

    scratch: Path
    limits: ReadLimits
    on_progress: Callable[[int], None] = lambda _: None

    def run(self, task: str, items: Sequence[Item]) -> list[Answer]:
        """Return one answer an item, in order.

        Raises
        ------
        UnusableInput
            If so many items kill their process that the input must be hostile or broken.
        OSError
            If the disc is full.
        """
        workers = self.limits.workers if len(items) > SMALL_BATCH else 1
        shares = [items[start::workers] for start in range(workers)]
        with ThreadPoolExecutor(workers) as pool:
            answered = list(pool.map(lambda share: self._run_share(task, share), shares))
        merged: list[Answer] = [Answer()] * len(items)
        for start, answers in enumerate(answered):
            merged[start::workers] = answers
        return merged

    def _run_share(self, task: str, items: Sequence[Item]) -> list[Answer]:
        answers: list[Answer] = []
        deaths = 0
        while len(answers) < len(items):
            answers += self._run_process(task, items[len(answers) :])
            if len(answers) == len(items):
                break
            deaths += 1
            answers.append(_DEATH)
            if deaths > MAX_DEATHS:
                raise UnusableInput(
                    words(
                        "More than %(count)s files stopped the program that reads them; the "
                        "transfer is damaged. Export the study again.",
                        count=MAX_DEATHS,
                    ),
                    code="too-many-damaged-files",
                )
        return answers

    def _run_process(self, task: str, items: Sequence[Item]) -> list[Answer]:
        """Return the answers given before the process ended, of its own accord or not."""
        request = self.scratch / f"request-{threading.get_ident()}-{len(items)}.json"
        program = asdict(PROGRAM_BY_TASK[task])
        content = program | {"limits": asdict(self.limits), "items": list(items)}
        request.write_text(json.dumps(content), encoding="utf-8")
        errors = request.with_suffix(".err")
        with errors.open("wb") as stderr, _start(request, stderr) as process:
            seconds = self.limits.child_cpu_seconds * WALL_PER_CPU_SECOND + len(items)
            watchdog = threading.Timer(seconds, process.kill)
            watchdog.start()
            try:
                answers = self._collect(process)
            finally:
                watchdog.cancel()
                process.kill()
        if len(answers) < len(items):
            reason = errors.read_bytes()[-400:].decode(errors="replace").strip()
            logger.warning("reading process ended early (%s): %s", process.returncode, reason)
        return answers

    def _collect(self, process: subprocess.Popen[bytes]) -> list[Answer]:
        answers = []
        for line in process.stdout or ():
            if not line.endswith(b"\n"):
                break  # killed in the middle of an answer
            try:
                answers.append(_parsed(json.loads(line)))
            except (ValueError, LookupError):
                break  # not an answer: the process is no longer ours
            self.on_progress(1)
        process.kill()
        process.wait()
        full = next((one for one in answers if one.errno in NO_SPACE), None)
        if full is not None:
            raise OSError(full.errno, full.error)
        return answers


_DEATH_WORDS = words("reading it stopped the reading program")
_DEATH = Answer(error=_DEATH_WORDS.text, code="damaged", said=_DEATH_WORDS)


def _parsed(line: Item) -> Answer:
    if "ok" in line:
        return Answer(value=line["ok"])
    said = words_from(line["words"]) if "words" in line else plain(line["error"])
    return Answer(error=said.text, code=line["code"], errno=line.get("errno") or 0, said=said)


def _start(request: Path, stderr: Any) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(REPOSITORY),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
    }
    return subprocess.Popen(  # noqa: S603 - own interpreter and module, no shell
        [sys.executable, "-P", "-m", "analysis.ingest.child", str(request)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=environment,
    )
