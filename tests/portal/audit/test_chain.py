from __future__ import annotations

from typing import Any

import pytest

from portal.audit.chain import CONTENT, GENESIS, breaks, hash_of


def chain_of(count: int) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    previous = GENESIS
    for sequence in range(1, count + 1):
        line = dict.fromkeys(CONTENT, "") | {
            "sequence": sequence,
            "previous_hash": previous,
            "action": f"act {sequence}",
            "old": {},
            "new": {"value": sequence},
        }
        line["hash"] = previous = hash_of(line)
        lines.append(line)
    return lines


def test_an_untouched_chain_has_no_break() -> None:
    assert not [*breaks(chain_of(5))]
    assert not [*breaks([])]


@pytest.mark.parametrize("name", [*CONTENT, "hash"])
@pytest.mark.parametrize("index", [0, 2, 4])
def test_any_changed_value_is_found(name: str, index: int) -> None:
    lines = chain_of(5)
    lines[index][name] = 99 if name == "sequence" else "changed"
    assert [*breaks(lines)]


@pytest.mark.parametrize("index", [0, 1, 3])
def test_a_removed_line_is_found(index: int) -> None:
    lines = chain_of(5)
    del lines[index]
    assert [*breaks(lines)]


@pytest.mark.parametrize("index", [0, 1, 3])
def test_swapped_lines_are_found(index: int) -> None:
    lines = chain_of(5)
    lines[index], lines[index + 1] = lines[index + 1], lines[index]
    assert [*breaks(lines)]


def test_a_rewritten_line_with_a_new_hash_is_found_at_the_next_one() -> None:
    lines = chain_of(3)
    lines[1]["new"] = {"value": 0}
    lines[1]["hash"] = hash_of(lines[1])
    assert [(each.sequence, each.problem) for each in breaks(lines)] == [
        (3, "does not follow the line before it")
    ]


def test_an_inserted_line_is_found() -> None:
    lines = chain_of(3)
    assert [*breaks([*lines[:1], lines[0], *lines[1:]])]
