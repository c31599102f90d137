from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.errors import OutputFailed
from analysis.quantities import LIC, PDFF, Quantity
from analysis.volume import Geometry, Volume
from portal.runs.codec import OUTDATED, VALUE_FILE, decode, read_value, write_value


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Leaf:
    name: str
    count: int
    value: float
    flag: bool
    colour: Colour
    path: Path
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class Tree:
    leaves: tuple[Leaf, ...]
    pair: tuple[str, int]
    grid: tuple[tuple[float, float], ...]
    maybe: Leaf | None
    text: str | None


@dataclass(frozen=True, slots=True, eq=False)
class WithArray:
    array: npt.NDArray[np.float32]
    none: npt.NDArray[np.float64] | None


LEAVES = st.builds(
    Leaf,
    name=st.text(),
    count=st.integers(),
    value=st.floats(allow_nan=False),
    flag=st.booleans(),
    colour=st.sampled_from(Colour),
    path=st.sampled_from([Path("a/b"), Path("/c d/ü")]),
    quantity=st.sampled_from([PDFF, LIC]),
)
TREES = st.builds(
    Tree,
    leaves=st.lists(LEAVES, max_size=3).map(tuple),
    pair=st.tuples(st.text(), st.integers()),
    grid=st.lists(st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False))).map(tuple),
    maybe=st.none() | LEAVES,
    text=st.none() | st.text(),
)


@given(tree=TREES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_value_comes_back_equal(tmp_path: Path, tree: Tree) -> None:
    assert read_value(Tree, tmp_path, write_value(tree, Tree, tmp_path)) == tree


def test_not_a_number_comes_back_as_not_a_number(tmp_path: Path) -> None:
    sha256 = write_value((math.nan, math.inf), tuple[float, ...], tmp_path)
    back = read_value(tuple[float, ...], tmp_path, sha256)
    assert math.isnan(back[0])
    assert back[1] == math.inf
    json.loads((tmp_path / VALUE_FILE).read_text(), parse_constant=pytest.fail)


def test_numpy_numbers_are_stored_as_plain_ones(tmp_path: Path) -> None:
    sha256 = write_value((np.int64(3), np.float32(0.5)), tuple[int, float], tmp_path)
    assert read_value(tuple[int, float], tmp_path, sha256) == (3, 0.5)


def test_arrays_and_tables_come_back_as_the_same_things(tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    volume = Volume(array, Geometry((2, 3, 4), np.diag([2.0, 2.0, 5.0, 1.0])), PDFF)
    back = read_value(Volume, tmp_path, write_value(volume, Volume, tmp_path))
    assert back.quantity is PDFF
    assert back.geometry.matches(volume.geometry)
    np.testing.assert_array_equal(back.array, array, strict=True)


def test_a_missing_array_stays_missing(tmp_path: Path) -> None:
    value = WithArray(np.ones(3, dtype=np.float32), None)
    back = read_value(WithArray, tmp_path, write_value(value, WithArray, tmp_path))
    assert back.none is None


def test_equal_values_have_equal_hashes_and_others_do_not(tmp_path: Path) -> None:
    ones = WithArray(np.ones(3, dtype=np.float32), None)
    twos = WithArray(np.full(3, 2, dtype=np.float32), None)
    first = write_value(ones, WithArray, tmp_path / "a")
    assert first == write_value(dataclasses.replace(ones), WithArray, tmp_path / "b")
    assert first != write_value(twos, WithArray, tmp_path / "c")


def test_changed_json_is_refused(tmp_path: Path) -> None:
    sha256 = write_value(("a", 1), tuple[str, int], tmp_path)
    (tmp_path / VALUE_FILE).write_text('["a",2]')
    with pytest.raises(OutputFailed, match="missing or damaged"):
        read_value(tuple[str, int], tmp_path, sha256)


@dataclass(frozen=True, slots=True)
class Grown:
    """``Leaf`` of a later version: two fields more, with defaults."""

    name: str
    count: int
    value: float
    flag: bool
    colour: Colour
    path: Path
    quantity: Quantity
    note: str = "none given"
    tags: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Demanding:
    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class Holder:
    inner: tuple[Demanding, ...]


LEAF = Leaf("a", 1, 0.5, True, Colour.RED, Path("a"), PDFF)


@given(leaf=LEAVES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_fields_that_were_added_since_take_their_defaults(tmp_path: Path, leaf: Leaf) -> None:
    grown = read_value(Grown, tmp_path, write_value(leaf, Leaf, tmp_path))
    assert (grown.note, grown.tags) == ("none given", ())
    assert all(getattr(grown, one.name) == getattr(leaf, one.name) for one in fields(Leaf))


def test_a_field_that_is_gone_makes_the_result_outdated(tmp_path: Path) -> None:
    grown = Grown("a", 1, 0.5, True, Colour.RED, Path("a"), PDFF)
    sha256 = write_value(grown, Grown, tmp_path)
    with pytest.raises(OutputFailed, match="Leaf: note, tags") as caught:
        read_value(Leaf, tmp_path, sha256)
    assert caught.value.code == OUTDATED


def test_a_new_field_without_a_default_makes_the_result_outdated(tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match="Demanding: unit") as caught:
        decode({"name": "PDFF"}, Demanding, tmp_path)
    assert caught.value.code == OUTDATED


def test_the_fault_is_named_however_deep_it_lies(tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match="Demanding: unit"):
        decode({"inner": [{"name": "PDFF"}]}, Holder, tmp_path)


@pytest.mark.parametrize(
    ("stored", "hint"),
    [
        ("green", Colour),
        ("no such quantity", Quantity),
        ([1, 2, 3], tuple[int, int]),
        ("a word", float),
        (["not", "an", "object"], Demanding),
        (7, tuple[str, ...]),
    ],
)
def test_a_value_of_another_type_makes_the_result_outdated(
    tmp_path: Path, stored: Any, hint: Any
) -> None:
    with pytest.raises(OutputFailed, match="another version of Lobule") as caught:
        decode(stored, hint, tmp_path)
    assert caught.value.code == OUTDATED


def test_damage_is_told_apart_from_age(tmp_path: Path) -> None:
    sha256 = write_value(LEAF, Leaf, tmp_path)
    (tmp_path / VALUE_FILE).unlink()
    with pytest.raises(OutputFailed) as caught:
        read_value(Leaf, tmp_path, sha256)
    assert caught.value.code == "stored-result-damaged"


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ({"a": 1}, dict[str, int]),
        (object(), object),
        ((1, 2, 3), tuple[int, int]),
        (1, int | str),
        (1.5, int),
        ("text", Colour),
        (dataclasses.replace(PDFF, key="other"), Quantity),
        (("a", 1), Leaf),
    ],
)
def test_what_a_type_hint_does_not_say_is_refused(tmp_path: Path, value: Any, hint: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        write_value(value, hint, tmp_path)
