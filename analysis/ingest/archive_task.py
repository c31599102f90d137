"""Unpack one archive (runs in the reading process)."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from analysis.ingest.archive import unpack
from analysis.ingest.child import Item
from analysis.ingest.options import ReadLimits


def answer(item: Item, limits: ReadLimits) -> str:
    """Unpack an archive and return its members as JSON."""
    members = unpack(Path(item["path"]), Path(item["target"]), limits)
    return json.dumps([asdict(member) for member in members])
