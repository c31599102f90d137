from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
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
from portal.runs.codec import VALUE_FILE, read_value, write_value


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


def test_a_result_of_another_version_is_refused(tmp_path: Path) -> None:
    sha256 = write_value(WithArray(np.ones(1, dtype=np.float32), None), WithArray, tmp_path)
    with pytest.raises(OutputFailed, match="Leaf of another version"):
        read_value(Leaf, tmp_path, sha256)


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
