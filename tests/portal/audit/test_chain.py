from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit.chain import CONTENT, GENESIS, breaks, hash_of, hash_of_change


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


def changes_of(count: int) -> list[dict[str, Any]]:
    """Return a chain as PostgreSQL's trigger writes it."""
    lines: list[dict[str, Any]] = []
    previous = GENESIS
    for sequence in range(1, count + 1):
        content = json.dumps({"sequence": sequence, "table": "trials_trial", "new": {"id": 7}})
        digest = hashlib.sha256((previous + content).encode()).hexdigest()
        lines.append(
            {
                "sequence": sequence,
                "previous_hash": previous,
                "hash": digest,
                "content": content,
            }
        )
        previous = digest
    return lines


CHAINS = {"trail": (chain_of, hash_of), "table changes": (changes_of, hash_of_change)}


@pytest.mark.parametrize("kind", CHAINS)
@given(data=st.data())
def test_whatever_is_done_to_one_row_is_found(kind: str, data: st.DataObject) -> None:
    """Any single change, removal, repetition or exchange, at any place but the cut tail."""
    make, hashing = CHAINS[kind]
    lines = make(data.draw(st.integers(2, 8)))
    first = data.draw(st.integers(0, len(lines) - 1))
    second = data.draw(st.integers(0, len(lines) - 1).filter(lambda each: each != first))
    altered = deepcopy(lines)
    act = data.draw(st.sampled_from(["change", "remove", "repeat", "swap", "swap content"]))
    if act == "change":
        name = data.draw(st.sampled_from(sorted(lines[0])))
        is_text = isinstance(lines[0][name], str)
        wanted = st.text(max_size=4) if is_text else st.integers(0, 12)
        if isinstance(lines[0][name], dict):
            wanted = st.dictionaries(st.text(max_size=2), st.integers(), max_size=2)
        altered[first][name] = data.draw(wanted.filter(lambda each: each != lines[first][name]))
        if name == "content":
            altered[first][name] = lines[first][name].replace("trial", "tribe")
    elif act == "remove":
        del altered[min(first, len(lines) - 2)]  # a cut tail needs the hash noted at the export
    elif act == "repeat":
        altered.insert(second, altered[first])
    elif act == "swap":
        altered[first], altered[second] = altered[second], altered[first]
    else:  # two rows change places and each takes the other's number
        altered[first], altered[second] = altered[second], altered[first]
        altered[first]["sequence"], altered[second]["sequence"] = first + 1, second + 1
    assert [*breaks(lines, hashing)] == []
    assert [*breaks(altered, hashing)]


@pytest.mark.parametrize("kind", CHAINS)
@given(data=st.data())
def test_what_was_rewritten_with_its_hash_is_found_at_the_next_line(
    kind: str, data: st.DataObject
) -> None:
    make, hashing = CHAINS[kind]
    lines = make(6)
    index = data.draw(st.integers(0, 4))
    if kind == "trail":
        lines[index]["actor"] = "somebody else"
    else:
        lines[index]["content"] = lines[index]["content"].replace("7", "8")
    lines[index]["hash"] = hashing(lines[index])
    assert index + 2 in {each.sequence for each in breaks(lines, hashing)}


def test_a_rewritten_rest_of_the_chain_is_found_by_the_hash_that_was_noted() -> None:
    """Who rewrites everything after a line gives another last hash; that is why it is noted."""
    lines = chain_of(6)
    noted = lines[-1]["hash"]
    lines[2]["actor"] = "somebody else"
    previous = lines[1]["hash"]
    for line in lines[2:]:
        line["previous_hash"] = previous
        line["hash"] = previous = hash_of(line)
    assert [*breaks(lines)] == []
    assert lines[-1]["hash"] != noted
