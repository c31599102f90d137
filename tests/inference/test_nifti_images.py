from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from analysis.errors import OutputFailed, UnusableInput
from analysis.volume import Geometry, LabelMap
from inference.nifti_images import is_nifti, read_image, read_labels, write_labels

AFFINE = np.array([[-2.0, 0, 0, 90], [0, 2, 0, -120], [0, 0, 5, 40], [0, 0, 0, 1]])


def save(path: Path, values: np.ndarray, affine: np.ndarray | None = AFFINE) -> Path:
    nibabel.save(nibabel.Nifti1Image(values, affine), path)
    return path


def test_values_and_place_in_the_patient_come_back(tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((5, 6, 7)).astype(np.float32)
    volume = read_image(save(tmp_path / "image.nii.gz", values))
    np.testing.assert_allclose(volume.array, values)
    np.testing.assert_allclose(volume.geometry.affine, AFFINE)


def test_labels_survive_writing_and_reading(tmp_path: Path) -> None:
    labels = LabelMap(np.arange(8).reshape(2, 2, 2) + 1, Geometry((2, 2, 2), AFFINE))
    write_labels(labels, tmp_path / "new" / "labels.nii.gz")
    again = read_labels(tmp_path / "new" / "labels.nii.gz")
    np.testing.assert_array_equal(again.array, labels.array)
    assert again.geometry.matches(labels.geometry)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["labels.nii.gz"]


def test_foreign_liver_values_are_named_or_refused(tmp_path: Path) -> None:
    values = np.zeros((3, 3, 3), np.uint8)
    values[1] = 5
    values[2] = 30
    path = save(tmp_path / "organs.nii.gz", values)
    assert read_labels(path, (5,)).array.tolist() == (values == 5).astype(int).tolist()
    with pytest.raises(UnusableInput, match="say which of them are liver"):
        read_labels(path)


def test_a_file_without_orientation_is_refused(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.ones((4, 4, 4), np.float32), None)
    image.header.set_sform(None, code=0)
    image.header.set_qform(None, code=0)
    nibabel.save(image, tmp_path / "lost.nii.gz")
    with pytest.raises(UnusableInput, match="how it lies in the patient") as caught:
        read_image(tmp_path / "lost.nii.gz")
    assert caught.value.code == "orientation-missing"


def test_a_time_series_is_refused_and_a_single_frame_is_not(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="4 dimensions"):
        read_image(save(tmp_path / "series.nii.gz", np.ones((4, 4, 4, 3), np.float32)))
    volume = read_image(save(tmp_path / "one.nii.gz", np.ones((4, 4, 4, 1), np.float32)))
    assert volume.geometry.shape == (4, 4, 4)


@pytest.mark.parametrize("content", [b"", b"no image at all"])
def test_a_file_that_is_no_image_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.nii"
    path.write_bytes(content)
    with pytest.raises(UnusableInput, match=r"broken\.nii"):
        read_image(path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((20, 20, 20)).astype(np.float32)
    path = save(tmp_path / "cut.nii.gz", values)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(UnusableInput, match="damaged"):
        read_image(path)


def test_a_result_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    labels = LabelMap(np.ones((2, 2, 2)), Geometry((2, 2, 2), AFFINE))
    with pytest.raises(OutputFailed, match="could not be written"):
        write_labels(labels, tmp_path / "file" / "labels.nii.gz")


def test_names_of_images_are_known() -> None:
    assert is_nifti(Path("A.NII.GZ"))
    assert not is_nifti(Path("A.dcm"))
