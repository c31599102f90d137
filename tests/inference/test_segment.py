from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from inference import segment
from inference.catalogue import ModelSpec
from inference.nifti_images import read_labels
from inference.segment import load_image, main
from tests.inference.conftest import block_liver


@pytest.fixture(autouse=True)
def level_model(spec: ModelSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command finds the tiny model of known answers instead of the shipped one."""
    monkeypatch.setattr(segment, "find", lambda _name, _version: spec)


def save_liver(path: Path) -> Path:
    volume = block_liver()
    nibabel.save(nibabel.Nifti1Image(np.asarray(volume.array), volume.geometry.affine), path)
    return path


def test_one_image_gives_one_label_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image, out = save_liver(tmp_path / "t1w.nii.gz"), tmp_path / "labels.nii.gz"
    assert main([str(image), "--out", str(out), "--device", "cpu"]) == 0
    labels = read_labels(out)
    assert labels.volume_ml == pytest.approx(768, rel=0.05)
    assert sorted(np.unique(labels.array)) == list(range(9))
    printed = capsys.readouterr().out
    assert "ml, expected Dice 1.0" in printed
    assert "on CPU" in printed


def test_a_broken_image_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = save_liver(tmp_path / "good.nii.gz"), tmp_path / "bad.nii.gz"
    bad.write_bytes(b"nothing")
    assert main([str(bad), str(good), "--out", str(tmp_path / "out"), "--device", "cpu"]) == 2
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["good_segments.nii.gz"]
    assert "bad.nii.gz cannot be read as NIfTI" in capsys.readouterr().err


def test_a_missing_path_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "gone"), "--out", str(tmp_path / "o.nii.gz")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_several_images_need_a_folder(tmp_path: Path) -> None:
    image = str(save_liver(tmp_path / "a.nii.gz"))
    with pytest.raises(SystemExit):
        main([image, image, "--out", str(tmp_path / "one.nii.gz")])


def test_a_dicom_folder_gives_the_first_echo(shared_data: Path) -> None:
    volume = load_image(shared_data / "dicom_multiecho")
    assert volume.geometry.shape[2] > 10
    assert volume.array.max() > 0
