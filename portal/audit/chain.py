"""The arithmetic of the hash chain: no database, so that a monitor can verify an export with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

GENESIS = "0" * 64
CONTENT = (
    "sequence",
    "previous_hash",
    "at",
    "actor_id",
    "actor",
    "action",
    "object_type",
    "object_id",
    "trial_id",
    "old",
    "new",
    "ip",
)


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the trail does not hold together."""

    sequence: int
    problem: str


def hash_of(line: dict[str, Any]) -> str:
    """Return the SHA-256 of a line's content as canonical JSON (sorted keys, no spaces)."""
    content = {name: line[name] for name in CONTENT}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def breaks(lines: Iterable[dict[str, Any]]) -> Iterator[Break]:
    """Walk the lines in order; yield every line that was changed, removed, added or swapped."""
    sequence, previous = 0, GENESIS
    for line in lines:
        if line["sequence"] != sequence + 1:
            yield Break(sequence + 1, f"expected line {sequence + 1}, found {line['sequence']}")
        if line["previous_hash"] != previous:
            yield Break(line["sequence"], "does not follow the line before it")
        if line["hash"] != hash_of(line):
            yield Break(line["sequence"], "content does not agree with its hash")
        sequence, previous = line["sequence"], line["hash"]
