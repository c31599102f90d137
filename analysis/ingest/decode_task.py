"""Decode one compressed DICOM file (runs in the reading process)."""

from __future__ import annotations

import json
from pathlib import Path

from pydicom import config

from analysis.ingest.child import Item
from analysis.ingest.compressed_pixels import decode_to_file
from analysis.ingest.options import ReadLimits


def answer(item: Item, limits: ReadLimits) -> str:
    """Decode a file and return how its values lie, as JSON."""
    config.settings.reading_validation_mode = config.IGNORE
    return json.dumps(decode_to_file(Path(item["path"]), Path(item["target"]), limits))
