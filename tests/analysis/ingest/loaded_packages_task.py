"""A task of the reading process that says which packages reading headers has loaded."""

from __future__ import annotations

import json
import sys

from analysis.ingest import header_task
from analysis.ingest.child import Item
from analysis.ingest.options import ReadLimits


def answer(item: Item, limits: ReadLimits) -> str:
    assert header_task.answer is not None
    loaded = {name.split(".")[0] for name, module in sys.modules.items() if module is not None}
    return json.dumps(sorted(loaded))
