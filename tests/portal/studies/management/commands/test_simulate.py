from __future__ import annotations

import json

import pydicom
import pytest
from django.core.management import CommandError, call_command

SMALL = ("--shape", "32,24,6")


def simulate(out, *arguments: str) -> list[pydicom.Dataset]:
    call_command("simulate", "--out", str(out), *SMALL, *arguments)
    paths = sorted(path for path in (out / "dicom").rglob("*") if path.is_file())
    return [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]


def test_a_study_and_its_truth_are_written(tmp_path, capsys):
    datasets = simulate(tmp_path, "--vendor", "ge", "--field", "1.5", "--seed", "5")
    assert {dataset.Manufacturer for dataset in datasets} == {"GE MEDICAL SYSTEMS"}
    assert {float(dataset.MagneticFieldStrength) for dataset in datasets} == {1.5}
    document = json.loads((tmp_path / "truth.json").read_text())
    assert document["seed"] == 5
    assert document["spec"]["protocol"]["field_strength_t"] == 1.5
    mean = document["regions"]["liver"]["PDFF"]["mean"]
    assert f"PDFF {mean:.2f} %" in capsys.readouterr().out


def test_a_siemens_study_at_3_tesla_is_simulated_at_its_true_field(tmp_path):
    datasets = simulate(tmp_path, "--vendor", "siemens", "--field", "3")
    assert {float(dataset.ImagingFrequency) for dataset in datasets} == {123.2}
    document = json.loads((tmp_path / "truth.json").read_text())
    assert document["spec"]["protocol"]["field_strength_t"] == pytest.approx(2.8935, abs=1e-4)


def test_fat_and_iron_can_be_chosen(tmp_path):
    simulate(tmp_path, "--pdff", "25", "--r2star", "300", "--vendor", "canon")
    region = json.loads((tmp_path / "truth.json").read_text())["regions"]["liver_without_vessels"]
    assert region["PDFF"]["mean"] == pytest.approx(25, abs=0.5)
    assert region["R2*"]["mean"] == pytest.approx(300, rel=0.03)


def test_enhanced_without_phase_with_maps_and_without_extension(tmp_path):
    datasets = simulate(
        tmp_path, "--enhanced", "--no-phase", "--with-vendor-maps", "--no-extension"
    )
    kinds = sorted(dataset.SOPClassUID.name for dataset in datasets)
    assert kinds == ["Enhanced MR Image Storage"] * 3 + ["MR Image Storage"] * 3
    assert not list((tmp_path / "dicom").rglob("*.dcm"))


def test_progress_is_shown_on_standard_error_when_asked(tmp_path, capsys):
    simulate(tmp_path, "--vendor", "canon", "--progress")
    assert "Writing images" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--shape", "64"), "give columns,rows,slices like 256,256,40"),
        (("--shape", "0,8,8"), "at least one voxel"),
        (("--tilt", "8"), "give two angles"),
        (("--pdff", "140"), "PDFF lies between 0 and 100"),
        (("--real-imaginary",), "siemens does not export real and imaginary"),
    ],
)
def test_what_cannot_be_simulated_is_said_in_a_sentence(arguments, message, tmp_path):
    with pytest.raises(CommandError, match=message):
        call_command("simulate", "--out", str(tmp_path), *arguments)
    assert not any(tmp_path.iterdir())


def test_a_folder_in_use_ends_with_code_2_and_one_sentence(tmp_path, capsys):
    (tmp_path / "dicom").mkdir()
    (tmp_path / "dicom" / "scan").write_text("mine")
    with pytest.raises(SystemExit) as ended:
        simulate(tmp_path)
    assert ended.value.code == 2
    assert "choose another folder" in capsys.readouterr().err
