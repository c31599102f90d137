"""The reading process: parses what strangers sent, under limits, and answers in JSON lines.

A request names a task, limits and items; each item is answered by one line, in order:
``{"ok": ...}`` or ``{"error": ..., "code": ...}``, with the error's ``words`` where it has them. If
the process dies, the first item without an answer is the one that killed it. The tasks are
``header_task``, ``decode_task``, ``archive_task`` and ``nifti_task``; only the one that is asked
for is loaded.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import warnings
import zlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from analysis.errors import AnalysisError
from analysis.ingest.malformed import MALFORMED
from analysis.ingest.options import ReadLimits

DAMAGED = (*MALFORMED, MemoryError, RecursionError, zlib.error, AssertionError)
Item = dict[str, Any]
Task = Callable[[Item, ReadLimits], str]


def answer_request(request_path: str) -> None:
    """Answer all items of a request on standard output."""
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    limits = ReadLimits(**request["limits"])
    task = _task(request["module"], request["without"])
    _confine(limits, len(request["items"]))
    with _answers() as answers:
        for item in request["items"]:
            answers.write(_answer(task, item, limits) + "\n")
            answers.flush()


def _task(module: str, without: list[str]) -> Task:
    """Load a task; packages that it does without are hidden from what it imports."""
    sys.modules.update(dict.fromkeys(without))  # type: ignore[arg-type]  # None = not to be found
    task: Task = importlib.import_module(module).answer
    return task


def _answers() -> TextIO:
    """Return standard output, and send there nothing that a decoder may print of its own accord."""
    kept = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(kept, "w", encoding="utf-8")


def _confine(limits: ReadLimits, items: int) -> None:
    """Bound memory and processor time; a breach ends this process, never the caller."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.child_memory_bytes,) * 2)
    seconds = limits.child_cpu_seconds + items // 20
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.max_uncompressed_bytes,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")  # odd headers are judged by their values, not by warnings


def _answer(task: Task, item: Item, limits: ReadLimits) -> str:
    try:
        return f'{{"ok": {task(item, limits)}}}'
    except AnalysisError as error:
        said = asdict(error.words)
        return json.dumps({"error": error.message, "code": error.code, "words": said})
    except OSError as error:
        return json.dumps(
            {
                "error": error.strerror or "it cannot be read",
                "code": "os-error",
                "errno": error.errno,
            }
        )
    except DAMAGED as error:
        return json.dumps({"error": _in_words(error), "code": "damaged"})


def _in_words(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "reading it needs more memory than any MR image"
    return "its content is damaged"


if __name__ == "__main__":
    answer_request(sys.argv[1])
