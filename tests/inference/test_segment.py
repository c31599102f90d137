from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from inference import segment, session
from inference.catalogue import ModelSpec
from inference.nifti_images import read_labels
from inference.segment import load_image, main
from tests.analysis.ingest.dicom_files import SeriesSpec, setting, write_series
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


def test_segment_4_is_parted_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image, out = save_liver(tmp_path / "t1w.nii.gz"), tmp_path / "labels.nii.gz"
    assert main([str(image), "--out", str(out), "--device", "cpu", "--divide-iv"]) == 0
    parts = np.asarray(nibabel.load(tmp_path / "labels_IVa_IVb.nii.gz").dataobj)
    np.testing.assert_array_equal(parts > 0, read_labels(out).array == 4)
    assert set(np.unique(parts)) == {0, 1, 2}
    assert "border between segments II and III" in capsys.readouterr().out


def level_echoes(folder: Path) -> None:
    """Write the block liver as a DICOM series of two echoes, named against their order."""
    liver = block_liver().array
    spec = SeriesSpec(
        echoes_ms=(1.2, 2.4),
        slices=tuple(range(40)),
        values=lambda place: np.round(liver[::-1, ::-1, place.slice_index].T * 800).astype("<u2"),
        edit=setting(PixelSpacing=[4.0, 4.0], Rows=40, Columns=40),
    )
    write_series(folder, spec)


def test_dicom_folders_and_files_in_one_call_keep_the_model_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: ModelSpec
) -> None:
    """Two DICOM studies and a NIfTI file, labelled alike, on one session."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        level_echoes(tmp_path / name)
    image = save_liver(tmp_path / "third.nii.gz")
    loads: list[ModelSpec] = []
    monkeypatch.setattr(session, "verify_checksum", lambda *_: loads.append(spec))
    sources = [str(tmp_path / "first"), str(tmp_path / "second"), str(image)]
    assert main([*sources, "--out", str(tmp_path / "out"), "--device", "cpu"]) == 0
    labels = [
        read_labels(tmp_path / "out" / f"{name}_segments.nii.gz")
        for name in ("first", "second", "third")
    ]
    np.testing.assert_array_equal(labels[0].array, labels[1].array)
    # The DICOM images were written in LPS: turned back they are the NIfTI image.
    np.testing.assert_array_equal(labels[0].array[::-1, ::-1], labels[2].array)
    assert len(loads) == 1
