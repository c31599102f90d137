from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless

from analysis.errors import UnusableInput
from analysis.ingest.compressed_pixels import decode_to_file
from analysis.ingest.options import ReadLimits
from analysis.ingest.study_reader import read_study
from tests.analysis.ingest.dicom_files import Edit, SeriesSpec, write_series

Values = npt.NDArray[np.float32]


def compress(dataset: Dataset) -> None:
    dataset.compress(RLELossless, generate_instance_uid=False)


def deflate(dataset: Dataset) -> None:
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian


def swap_bytes(dataset: Dataset) -> None:
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()


def values(folder: Path) -> Values:
    (series,) = read_study(folder).series
    return np.stack([stack.volume.array for stack in series.stacks])


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Values:
    folder = tmp_path_factory.mktemp("plain")
    write_series(folder)
    return values(folder)


@pytest.mark.parametrize("edit", [compress, deflate, swap_bytes])
def test_the_transfer_syntax_changes_no_value(tmp_path: Path, plain: Values, edit: Edit) -> None:
    write_series(tmp_path, SeriesSpec(edit=edit))

    np.testing.assert_array_equal(values(tmp_path), plain)


def test_damaged_compressed_data_is_named(tmp_path: Path) -> None:
    (first, *_) = write_series(tmp_path, SeriesSpec(edit=compress))
    content = first.read_bytes()
    first.write_bytes(content[:-40] + b"\xff" * 20)

    with pytest.raises(UnusableInput, match=first.name) as caught:
        read_study(tmp_path)

    assert caught.value.code == "damaged-pixel-data"


@pytest.mark.parametrize("name", ["MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm"])
def test_jpeg_2000_and_jpeg_ls_decode_to_the_values_of_the_plain_file(
    tmp_path: Path, name: str
) -> None:
    plain_file = get_testdata_file("MR_small.dcm", download=False)
    packed_file = get_testdata_file(name, download=False)
    assert isinstance(plain_file, str)
    assert isinstance(packed_file, str)

    answer = decode_to_file(Path(packed_file), tmp_path / "raw", ReadLimits())

    decoded = np.fromfile(tmp_path / "raw", np.dtype(str(answer["dtype"])))
    np.testing.assert_array_equal(decoded, dcmread(plain_file).pixel_array.ravel())


def test_more_pixels_than_allowed_are_not_decoded(tmp_path: Path) -> None:
    packed_file = get_testdata_file("MR_small_jp2klossless.dcm", download=False)

    with pytest.raises(ValueError, match="too many pixels"):
        decode_to_file(Path(str(packed_file)), tmp_path / "raw", ReadLimits(max_pixels_per_file=9))
