"""The program that reads NIfTI files and side-cars, run by ``sandbox``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from analysis.ingest.child import Item, Task, answer_request
from analysis.ingest.nifti_file import convert_nifti
from analysis.ingest.options import ReadLimits


def convert(item: Item, limits: ReadLimits) -> str:
    """Convert a NIfTI file and return its grid and side-car as JSON."""
    sidecar = Path(item["sidecar"]) if item["sidecar"] else None
    image = convert_nifti(Path(item["path"]), sidecar, Path(item["target"]), limits)
    return json.dumps(asdict(image), allow_nan=False)


TASKS: dict[str, Task] = {"nifti": convert}

if __name__ == "__main__":
    answer_request(sys.argv[1], TASKS)
