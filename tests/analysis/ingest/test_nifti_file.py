from __future__ import annotations

import gzip
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from analysis.errors import UnusableInput
from analysis.ingest.nifti_file import convert_nifti
from analysis.ingest.options import ReadLimits
from tests.analysis.ingest.nifti_files import AFFINE, echo_values, write_nifti

LIMITS = ReadLimits()


def test_integers_are_rescaled_as_the_header_says(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.arange(60, dtype=np.int16).reshape(4, 5, 3), AFFINE)
    image.header.set_slope_inter(0.5, 10.0)
    nib.save(image, tmp_path / "a.nii.gz")
    shown = np.asarray(nib.load(tmp_path / "a.nii.gz").dataobj)

    converted = convert_nifti(tmp_path / "a.nii.gz", None, tmp_path / "a.npy", LIMITS)

    assert converted.shape == (4, 5, 3)
    np.testing.assert_allclose(np.load(tmp_path / "a.npy"), shown, atol=1e-5)
    np.testing.assert_allclose(np.reshape(converted.affine, (4, 4)), AFFINE)


def test_nifti_2_is_read(tmp_path: Path) -> None:
    nib.save(nib.Nifti2Image(echo_values(1), AFFINE), tmp_path / "a.nii")

    convert_nifti(tmp_path / "a.nii", None, tmp_path / "a.npy", LIMITS)

    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), echo_values(1))


def test_a_packed_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    header = nib.Nifti1Header()
    header.set_data_shape((30000, 30000, 100))
    header.set_data_dtype(np.float32)
    with gzip.open(tmp_path / "a.nii.gz", "wb") as stream:
        header.write_to(stream)
        stream.write(bytes(1000))

    with pytest.raises(UnusableInput, match="not a 3-D image"):
        convert_nifti(tmp_path / "a.nii.gz", None, tmp_path / "a.npy", LIMITS)


def test_a_two_dimensional_image_is_one_slice(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "a.nii", echo_values(0)[:, :, 0])

    assert convert_nifti(path, None, tmp_path / "a.npy", LIMITS).shape == (4, 5, 1)


@pytest.mark.parametrize("content", ["[1, 2]", '{"EchoTime": ', "\x00"])
def test_a_damaged_side_car_is_an_error(tmp_path: Path, content: str) -> None:
    path = write_nifti(tmp_path / "a.nii", echo_values(0))
    (tmp_path / "a.json").write_text(content)

    with pytest.raises(ValueError, match=r"."):
        convert_nifti(path, tmp_path / "a.json", tmp_path / "a.npy", LIMITS)


def test_odd_values_in_a_side_car_are_absent(tmp_path: Path) -> None:
    path = write_nifti(
        tmp_path / "a.nii",
        echo_values(0),
        {"EchoTime": ["x", 1], "FlipAngle": {"a": 1}, "Manufacturer": 5, "ImageType": ["m", "p"]},
    )

    sidecar = convert_nifti(path, tmp_path / "a.json", tmp_path / "a.npy", LIMITS).sidecar

    assert sidecar.echo_times_s == ()
    assert sidecar.flip_angle_deg is None
    assert sidecar.manufacturer == "5"
    assert sidecar.image_type == ("M", "P")
