"""The program that reads DICOM headers and decodes compressed images, run by ``sandbox``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydicom import config

from analysis.ingest.child import Item, Task, answer_request
from analysis.ingest.compressed_pixels import decode_to_file
from analysis.ingest.dicom_headers import read_headers
from analysis.ingest.header import to_json
from analysis.ingest.options import ReadLimits


def headers(item: Item, limits: ReadLimits) -> str:
    """Return the image headers of a file as JSON."""
    return to_json(read_headers(Path(item["path"]), item["index"], limits))


def decode(item: Item, limits: ReadLimits) -> str:
    """Decode a compressed file and return how its values lie, as JSON."""
    return json.dumps(decode_to_file(Path(item["path"]), Path(item["target"]), limits))


TASKS: dict[str, Task] = {"headers": headers, "decode": decode}

if __name__ == "__main__":
    config.settings.reading_validation_mode = config.IGNORE
    answer_request(sys.argv[1], TASKS)
