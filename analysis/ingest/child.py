"""The reading process: parses what strangers sent, under limits, and answers in JSON lines.

Run as ``python -m analysis.ingest.child REQUEST.json``. The request names a task, limits and items;
each item is answered by one line, in order: ``{"ok": ...}`` or ``{"error": ..., "code": ...}``.
If the process dies, the first item without an answer is the one that killed it.
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
import zlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydicom import config
from pydicom.errors import InvalidDicomError

from analysis.errors import AnalysisError
from analysis.ingest.archive import unpack
from analysis.ingest.compressed_pixels import decode_to_file
from analysis.ingest.dicom_headers import read_headers
from analysis.ingest.elements import MALFORMED
from analysis.ingest.header import to_json
from analysis.ingest.nifti_file import convert_nifti
from analysis.ingest.options import ReadLimits

DAMAGED = (*MALFORMED, InvalidDicomError, MemoryError, RecursionError, zlib.error, AssertionError)
Item = dict[str, Any]


def main(request_path: str) -> None:
    """Answer all items of a request on standard output."""
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    limits = ReadLimits(**request["limits"])
    _confine(limits, len(request["items"]))
    task = TASKS[request["task"]]
    for item in request["items"]:
        sys.stdout.write(_answer(task, item, limits) + "\n")
        sys.stdout.flush()


def _confine(limits: ReadLimits, items: int) -> None:
    """Bound memory and processor time; a breach ends this process, never the caller."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.child_memory_bytes,) * 2)
    seconds = limits.child_cpu_seconds + items // 20
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.max_uncompressed_bytes,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")  # odd headers are judged by their values, not by warnings
    config.settings.reading_validation_mode = config.IGNORE


def _answer(task: Callable[[Item, ReadLimits], str], item: Item, limits: ReadLimits) -> str:
    try:
        return f'{{"ok": {task(item, limits)}}}'
    except AnalysisError as error:
        return json.dumps({"error": error.message, "code": error.code})
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


def _headers(item: Item, limits: ReadLimits) -> str:
    return to_json(read_headers(Path(item["path"]), item["index"], limits))


def _unpack(item: Item, limits: ReadLimits) -> str:
    members = unpack(Path(item["path"]), Path(item["target"]), limits)
    return json.dumps([asdict(member) for member in members])


def _decode(item: Item, limits: ReadLimits) -> str:
    return json.dumps(decode_to_file(Path(item["path"]), Path(item["target"]), limits))


def _nifti(item: Item, limits: ReadLimits) -> str:
    sidecar = Path(item["sidecar"]) if item["sidecar"] else None
    image = convert_nifti(Path(item["path"]), sidecar, Path(item["target"]), limits)
    return json.dumps(asdict(image), allow_nan=False)


TASKS: dict[str, Callable[[Item, ReadLimits], str]] = {
    "headers": _headers,
    "unpack": _unpack,
    "decode": _decode,
    "nifti": _nifti,
}

if __name__ == "__main__":
    main(sys.argv[1])
