"""Convert one NIfTI file and its side-car (runs in the reading process)."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from analysis.ingest.child import Item
from analysis.ingest.nifti_file import convert_nifti
from analysis.ingest.options import ReadLimits


def answer(item: Item, limits: ReadLimits) -> str:
    """Convert a file and return its grid and side-car as JSON."""
    sidecar = Path(item["sidecar"]) if item["sidecar"] else None
    image = convert_nifti(Path(item["path"]), sidecar, Path(item["target"]), limits)
    return json.dumps(asdict(image), allow_nan=False)
