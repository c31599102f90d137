"""Read the headers of one DICOM file (runs in the reading process, without numpy)."""

from __future__ import annotations

from pathlib import Path

from pydicom import config

from analysis.ingest.child import Item
from analysis.ingest.dicom_headers import read_headers
from analysis.ingest.header import to_json
from analysis.ingest.options import ReadLimits


def answer(item: Item, limits: ReadLimits) -> str:
    """Return the image headers of a file as JSON."""
    config.settings.reading_validation_mode = config.IGNORE
    return to_json(read_headers(Path(item["path"]), item["index"], limits))
