from __future__ import annotations

import gzip
from typing import Any

import nibabel as nib
import numpy as np

from analysis.nifti import encode_nifti
from analysis.volume import Geometry


def load(content: bytes) -> Any:
    return nib.Nifti1Image.from_bytes(gzip.decompress(content))


def test_an_oblique_mirrored_grid_survives() -> None:
    affine = np.array(
        [[-1.4, 0.1, 0.3, 20], [0.1, 1.4, -0.2, 30], [0.2, 0.1, 4.9, -40], [0, 0, 0, 1]]
    )
    content = encode_nifti(np.zeros((3, 4, 5), np.float32), Geometry((3, 4, 5), affine), "x")
    assert np.allclose(load(content).affine, affine)


def test_a_long_description_is_cut_to_its_field() -> None:
    content = encode_nifti(
        np.zeros((1, 1, 1), np.float32), Geometry((1, 1, 1), np.eye(4)), "µ" * 99
    )
    assert load(content).header["descrip"].tobytes() == b"?" * 79 + b"\0"


def test_the_same_array_gives_the_same_bytes_without_a_time() -> None:
    array, grid = np.arange(24, dtype=np.float32).reshape(2, 3, 4), Geometry((2, 3, 4), np.eye(4))
    content = encode_nifti(array, grid, "x")
    assert content == encode_nifti(array.copy(), grid, "x")
    assert content[4:8] == b"\0\0\0\0"


def test_values_and_units_come_back() -> None:
    array = np.array([[[1.5, np.nan]]], np.float32)
    image = load(encode_nifti(array, Geometry((1, 1, 2), np.eye(4)), "x"))
    np.testing.assert_array_equal(np.asarray(image.dataobj), array)
    assert image.header.get_xyzt_units()[0] == "mm"
