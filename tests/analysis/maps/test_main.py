from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from analysis.maps.__main__ import main
from tests.analysis.maps.phantoms import simulate

SHAPE = (14, 12, 3)
AFFINE = np.diag([2.0, 2.0, 6.0, 1.0])


def save(path: Path, array: np.ndarray) -> None:
    nib.save(nib.Nifti1Image(array, AFFINE), path)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One NIfTI an echo and part, with side-cars, as BIDS names them."""
    folder = tmp_path_factory.mktemp("study")
    echoes = simulate(
        np.full(SHAPE, 15.0), np.full(SHAPE, 90.0), 1.5, snr=80, off_resonance_hz=20.0
    )
    assert echoes.phase_rad is not None
    parts = {"mag": echoes.magnitude, "phase": echoes.phase_rad}
    for part, images in parts.items():
        for number, (image, time_ms) in enumerate(
            zip(images, echoes.echo_times_ms, strict=True), start=1
        ):
            stem = f"sub-01_echo-{number}_part-{part}_MEGRE"
            save(folder / f"{stem}.nii.gz", image.astype(np.float32))
            side_car = {
                "EchoTime": time_ms / 1000,
                "MagneticFieldStrength": 1.5,
                "RepetitionTime": 0.014,
                "FlipAngle": 10,
                "Modality": "MR",
            }
            (folder / f"{stem}.json").write_text(json.dumps(side_car))
    return folder


def test_a_folder_of_echoes_becomes_maps(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(study), "--out", str(tmp_path / "out")]) == 0
    names = {path.name.removesuffix(".nii.gz") for path in (tmp_path / "out").iterdir()}
    assert names >= {
        "pdff", "pdff_standard_error", "r2star", "r2star_standard_error", "water", "fat",
        "water_standard_error", "fat_standard_error", "field_map_hz",
        "field_map_hz_standard_error", "ambiguity", "valid", "lic", "fit.json",
    }  # fmt: skip
    image = nib.load(tmp_path / "out" / "pdff.nii.gz")
    assert np.asarray(image.dataobj).mean() == pytest.approx(15.0, abs=0.3)
    np.testing.assert_allclose(image.affine, AFFINE)
    fit = json.loads((tmp_path / "out" / "fit.json").read_text())
    assert fit["method"].startswith("complex fit")
    assert "t1-bias" in {finding["code"] for finding in fit["findings"]}
    assert "T1 weighting" in capsys.readouterr().out


def test_options_choose_method_mask_and_calibration(study: Path, tmp_path: Path) -> None:
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[3:9, 3:9] = 1
    save(tmp_path / "mask.nii.gz", mask)
    arguments = ["--method", "magnitude", "--mask", str(tmp_path / "mask.nii.gz")]
    arguments += ["--iron-calibration", "wood-2005", "--t1-correction"]
    assert main([str(study), "--out", str(tmp_path), *arguments]) == 0
    valid = np.asarray(nib.load(tmp_path / "valid.nii.gz").dataobj)
    assert (valid == mask).all()
    fit = json.loads((tmp_path / "fit.json").read_text())
    assert fit["method"].startswith("magnitude fit")
    assert fit["details"]["iron calibration"].startswith("wood-2005 at 1.5 T")
    pdff = np.asarray(nib.load(tmp_path / "pdff.nii.gz").dataobj)[mask > 0].mean()
    assert pdff == pytest.approx(100 * 0.15 / (0.15 + 1.193 * 0.85), abs=0.3)


def test_unusable_input_gives_one_sentence_and_status_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert main([str(tmp_path / "empty"), "--out", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.strip().endswith(".")
    assert not (tmp_path / "out").exists()


def test_a_mask_on_another_grid_is_refused(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "mask.nii.gz", np.ones((5, 5, 5), dtype=np.uint8))
    arguments = ["--out", str(tmp_path / "out"), "--mask", str(tmp_path / "mask.nii.gz")]
    assert main([str(study), *arguments]) == 2
    assert "different grids" in capsys.readouterr().err


def test_a_file_that_is_no_mask_is_refused(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mask.nii").write_text("no image")
    arguments = ["--out", str(tmp_path / "out"), "--mask", str(tmp_path / "mask.nii")]
    assert main([str(study), *arguments]) == 2
    assert "cannot be read as NIfTI" in capsys.readouterr().err
