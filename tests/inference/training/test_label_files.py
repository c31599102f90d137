from __future__ import annotations

import nibabel
import numpy as np
import pytest
from nibabel.orientations import axcodes2ornt, inv_ornt_aff, ornt_transform

from inference.training.label_files import read_labels


def write(path, codes: str) -> None:
    """Write one labelled voxel at RAS (12, 24, 36) mm, stored with other axes."""
    labels = np.zeros((8, 9, 10), np.uint16)
    labels[6, 8, 9] = 7
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    change = ornt_transform(axcodes2ornt("RAS"), axcodes2ornt(codes))
    stored = nibabel.orientations.apply_orientation(labels, change)
    nibabel.save(nibabel.Nifti1Image(stored, affine @ inv_ornt_aff(change, labels.shape)), path)


@pytest.mark.parametrize("codes", ["RAS", "LAS", "LPS", "PIR"])
def test_a_voxel_keeps_its_place_in_any_orientation(tmp_path, codes) -> None:
    path = tmp_path / "labels.nii.gz"
    write(path, codes)
    source = read_labels(path)
    index = np.argwhere(source.labels == 7)[0]
    position = source.origin_mm + index * np.asarray(source.geometry.spacing_mm)
    assert np.allclose(position, (12, 24, 36))
    assert np.allclose(np.diag(source.geometry.affine)[:3], (2, 3, 4))


def test_a_tilted_grid_is_refused(tmp_path) -> None:
    affine = np.eye(4)
    affine[0, 1] = 0.1
    path = tmp_path / "tilted.nii.gz"
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 4, 4), np.uint8), affine), path)
    with pytest.raises(ValueError, match="tilted against the patient's axes"):
        read_labels(path)
