from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.errors import UnusableInput
from analysis.ingest.header import PixelLocation
from analysis.ingest.options import ReadLimits
from analysis.ingest.pixels import PixelSource, damaged_files
from analysis.ingest.received_files import FileKind, ReceivedFile
from analysis.ingest.sandbox import Sandbox
from tests.analysis.ingest.headers import image_header


def source_of(path: Path) -> PixelSource:
    file = ReceivedFile("IM1", path, FileKind.DICOM)
    return PixelSource([file], Sandbox(path.parent, ReadLimits()))


def test_values_are_read_at_their_offset(tmp_path: Path) -> None:
    values = np.arange(6, dtype="<u2").reshape(2, 3)
    path = tmp_path / "file"
    path.write_bytes(b"header" + values.tobytes())
    header = image_header(pixels=PixelLocation(rows=2, columns=3, offset=6))

    np.testing.assert_array_equal(source_of(path).stored_values(header), values)


@pytest.mark.parametrize("dtype", ["<i2", ">i2"])
def test_signed_values_of_twelve_bits_keep_their_sign(tmp_path: Path, dtype: str) -> None:
    values = np.array([[-5, 5, -2048]], dtype)
    stored = (values.astype("<i4") & 0x0FFF).astype(dtype)  # upper bits not extended
    path = tmp_path / "file"
    path.write_bytes(stored.tobytes())
    place = PixelLocation(rows=1, columns=3, dtype=dtype, bits_stored=12, offset=0)

    read = source_of(path).stored_values(image_header(pixels=place))

    np.testing.assert_array_equal(read, values)


def test_a_file_that_shrank_since_its_header_was_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(10))
    header = image_header(pixels=PixelLocation(rows=2, columns=3, offset=0))

    with pytest.raises(UnusableInput, match="IM1: it is cut off"):
        source_of(path).stored_values(header)


def test_many_damaged_files_are_counted_and_some_named() -> None:
    error = damaged_files({f"IM{n}": "it is cut off" for n in range(9)})

    assert "9 file(s)" in error.message
    assert "IM4" in error.message
    assert "and 4 more" in error.message
    assert "IM5" not in error.message
