from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from analysis.errors import OutputFailed
from portal.runs.array_files import MAP_FROM_BYTES, read_array, write_array

ANY_ARRAY = arrays.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.uint8, np.bool_, np.complex64]),
    arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
)


@given(array=ANY_ARRAY)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_array_comes_back_equal(tmp_path: Path, array: np.ndarray) -> None:
    again = read_array(tmp_path, write_array(tmp_path, array))
    assert again.dtype == array.dtype
    np.testing.assert_array_equal(again, array, strict=True)
    assert not again.flags.writeable


def test_a_large_array_is_mapped_not_loaded(tmp_path: Path) -> None:
    array = np.arange(MAP_FROM_BYTES, dtype=np.float64)
    again = read_array(tmp_path, write_array(tmp_path, array))
    assert isinstance(again, np.memmap)
    np.testing.assert_array_equal(again, array)


def test_a_transposed_array_comes_back_equal(tmp_path: Path) -> None:
    array = np.arange(24.0).reshape(2, 3, 4).T
    again = read_array(tmp_path, write_array(tmp_path, array))
    np.testing.assert_array_equal(again, array, strict=True)


def test_equal_arrays_are_stored_once(tmp_path: Path) -> None:
    first = write_array(tmp_path, np.ones((3, 3)))
    second = write_array(tmp_path, np.ones((3, 3)))
    assert first == second
    assert len(list(tmp_path.iterdir())) == 1


def test_the_same_bytes_in_another_shape_have_another_name(tmp_path: Path) -> None:
    assert write_array(tmp_path, np.ones((2, 3))) != write_array(tmp_path, np.ones((3, 2)))


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    name = write_array(tmp_path, np.zeros(10))
    path = tmp_path / f"{name}.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(OutputFailed, match="missing or damaged"):
        read_array(tmp_path, name)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match="start the analysis again"):
        read_array(tmp_path, "0" * 64)


def test_python_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="Python objects"):
        write_array(tmp_path, np.array([{}], dtype=object))
