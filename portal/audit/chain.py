"""The arithmetic of the hash chain: no database, no Django.

A monitor verifies an export with this one file and Python: ``python chain.py EXPORT LAST_HASH``.

The export of one trial holds the lines of other trials closed: their place and hash, not their
content. The chain still goes through them, so that the trial's own lines cannot be changed,
removed, added or moved; how many lines are closed is said, never passed over.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GENESIS = "0" * 64
BROKEN = 1
UNUSABLE = 2
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
CLOSED = frozenset({"sequence", "previous_hash", "hash"})


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the trail does not hold together."""

    sequence: int
    problem: str


def is_closed(line: dict[str, Any]) -> bool:
    return line.keys() == CLOSED


def hash_of(line: dict[str, Any]) -> str:
    """Return the SHA-256 of a line's content as canonical JSON (sorted keys, no spaces).

    A closed line shows no content: its hash is taken as it stands, its place is still checked.
    """
    if is_closed(line):
        return str(line["hash"])
    content = {name: line[name] for name in CONTENT}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def hash_of_change(line: dict[str, Any]) -> str:
    """Return the SHA-256 that PostgreSQL gave a change of a table: over its text as it stands.

    The text repeats the place in the chain; one that was moved has no hash at all.
    """
    if json.loads(line["content"])["sequence"] != line["sequence"]:
        return ""
    return hashlib.sha256((line["previous_hash"] + line["content"]).encode("utf-8")).hexdigest()


def breaks(
    lines: Iterable[dict[str, Any]], hash_of: Callable[[dict[str, Any]], str] = hash_of
) -> Iterator[Break]:
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


def closed_lines(path: Path) -> int:
    """Count the lines of an export whose content is not shown."""
    return sum(is_closed(json.loads(text)) for text in path.read_text("utf-8").splitlines())


def breaks_of_export(path: Path, last_hashes: Collection[str] = ()) -> list[Break]:
    """Check an export: the trail, then the changes of tables where there are any.

    Parameters
    ----------
    last_hashes
        Noted when the export was made; without them a cut tail cannot be seen.

    Raises
    ------
    ValueError
        When the file is not an export.
    """
    trail: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    try:
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            (changes if "content" in line else trail).append(line)
        found = [*breaks(trail), *breaks(changes, hash_of_change)]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not an export: {error}.") from error
    ends = {lines[-1]["hash"] for lines in (trail, changes) if lines}
    if not ends.issuperset(last_hashes):
        found.append(Break(len(trail) + 1, "the last lines are missing"))
    return found


def main(arguments: list[str]) -> int:
    """Check the export named first against the last hashes that follow; 0 holds, 1 broken."""
    if not arguments:
        sys.stderr.write("usage: python chain.py EXPORT [LAST_HASH …]\n")
        return UNUSABLE
    try:
        found = breaks_of_export(Path(arguments[0]), arguments[1:])
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE
    if closed := closed_lines(Path(arguments[0])):
        sys.stdout.write(
            f"{closed} lines are closed: their place was checked, not their content.\n"
        )
    for each in found:
        sys.stdout.write(f"Line {each.sequence}: {each.problem}\n")
    sys.stdout.write("BROKEN\n" if found else "The audit trail holds together.\n")
    return BROKEN if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
