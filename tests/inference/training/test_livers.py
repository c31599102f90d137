from __future__ import annotations

import nibabel
import numpy as np
import pytest

from inference.training.livers import load_livers, read_all, save_livers
from tests.inference.training.conftest import tiny_liver


@pytest.fixture
def data(tmp_path):
    segments = tiny_liver()
    vessels = np.zeros_like(segments)
    vessels[18:22, 14, 8:16] = 1
    for name, array in (("segments", segments), ("vessels", vessels)):
        folder = tmp_path / "couinaud" / name
        folder.mkdir(parents=True)
        image = nibabel.Nifti1Image(array[::-1], np.diag([-3.0, 3, 3, 1]))
        nibabel.save(image, folder / "LiTS-1.nii.gz")
    return tmp_path


def test_livers_keep_their_volume_and_vessels_their_segment(data, tmp_path) -> None:
    assert save_livers(tmp_path / "livers.npz", read_all(data, 3.0)) == 1
    liver = load_livers(tmp_path / "livers.npz")["LiTS-1"]
    expected = np.count_nonzero(tiny_liver()) * 0.027
    found = np.count_nonzero(liver.labels) * liver.geometry.voxel_volume_ml
    assert found == pytest.approx(expected, rel=0.1)
    assert set(np.unique(liver.labels)) & set(range(41, 49))
    assert set(np.unique(liver.labels)) <= {*range(9), *range(41, 49)}


def test_a_flipped_file_is_turned_the_right_way(data) -> None:
    _, liver = next(read_all(data, 3.0))
    right = np.isin(liver.labels % 40, (2, 4, 6, 8))
    left = np.isin(liver.labels % 40, (1, 3, 5, 7))
    assert np.argwhere(right)[:, 0].mean() > np.argwhere(left)[:, 0].mean()
