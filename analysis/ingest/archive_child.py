"""The program that unpacks archives, run by ``sandbox``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from analysis.ingest.archive import unpack
from analysis.ingest.child import Item, Task, answer_request
from analysis.ingest.options import ReadLimits


def unpack_archive(item: Item, limits: ReadLimits) -> str:
    """Unpack an archive and return its members as JSON."""
    members = unpack(Path(item["path"]), Path(item["target"]), limits)
    return json.dumps([asdict(member) for member in members])


TASKS: dict[str, Task] = {"unpack": unpack_archive}

if __name__ == "__main__":
    answer_request(sys.argv[1], TASKS)
