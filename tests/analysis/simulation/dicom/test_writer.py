from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pydicom
import pytest

from analysis.errors import OutputFailed
from analysis.simulation.dicom.writer import VENDORS, DicomOptions, image_count, write_dicom

KEYS = [vendor.key for vendor in VENDORS]
EVERYTHING = [
    *(DicomOptions(key, has_vendor_maps=True) for key in KEYS),
    *(DicomOptions(key, is_enhanced=True, has_vendor_maps=True) for key in KEYS),
    DicomOptions("ge", has_real_imaginary=True),
    DicomOptions("siemens", has_phase=False),
]


def name_of(options: DicomOptions) -> str:
    return options.vendor + ("-enhanced" if options.is_enhanced else "")


@pytest.mark.parametrize("options", EVERYTHING, ids=name_of)
def test_dciodvfy_finds_no_error(options, oblique_study, tmp_path):
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy (Debian package dicom3tools) is not installed")
    one_a_series = {
        path.parent: path for path in write_dicom(oblique_study, tmp_path, options=options)
    }
    assert len(one_a_series) >= 2
    for path in one_a_series.values():
        checked = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
        lines = (checked.stdout + checked.stderr).splitlines()
        assert lines[-1:], "dciodvfy said nothing"
        assert [line for line in lines if line.startswith("Error")] == []


@pytest.mark.parametrize("options", EVERYTHING, ids=name_of)
def test_as_many_images_as_announced_are_written(options, oblique_study, tmp_path):
    counts: list[int] = []
    paths = write_dicom(oblique_study, tmp_path, options=options, progress=counts.append)
    frames = [int(pydicom.dcmread(path).get("NumberOfFrames", 1)) for path in paths]
    assert counts == frames
    assert sum(frames) == image_count(oblique_study, options)


@pytest.mark.parametrize("is_enhanced", [False, True])
def test_the_same_study_gives_the_same_bytes(is_enhanced, oblique_study, tmp_path):
    options = DicomOptions("philips", is_enhanced=is_enhanced, has_vendor_maps=True)
    first = write_dicom(oblique_study, tmp_path / "a", options=options)
    second = write_dicom(oblique_study, tmp_path / "b", options=options)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_instances_of_two_vendors_share_no_identifier(oblique_study, tmp_path):
    seen: set[str] = set()
    for key in KEYS:
        paths = write_dicom(oblique_study, tmp_path / key, vendor=key)
        datasets = [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]
        instances = {dataset.SOPInstanceUID for dataset in datasets}
        assert len(instances) == len(paths)
        assert len({dataset.StudyInstanceUID for dataset in datasets}) == 1
        assert not instances & seen
        seen |= instances


def test_short_form_and_options_agree(oblique_study, tmp_path):
    short = write_dicom(oblique_study, tmp_path / "a", vendor="ge", enhanced=True)
    long = write_dicom(oblique_study, tmp_path / "b", options=DicomOptions("ge", is_enhanced=True))
    assert [path.read_bytes() for path in short] == [path.read_bytes() for path in long]


def test_file_names_can_come_without_extension(oblique_study, tmp_path):
    paths = write_dicom(oblique_study, tmp_path, options=DicomOptions(has_extension=False))
    assert {path.suffix for path in paths} == {""}


def test_synthetic_data_say_so(oblique_study, tmp_path):
    dataset = pydicom.dcmread(write_dicom(oblique_study, tmp_path)[0])
    assert dataset.PatientName == "Simulated^Abdomen"
    assert "Synthetic" in dataset.ImageComments
    assert "synthetic" in dataset.StudyDescription


def test_an_unknown_vendor_is_refused():
    with pytest.raises(ValueError, match="'acme' is not one of siemens, ge, philips, canon"):
        DicomOptions("acme")


def test_real_and_imaginary_need_a_vendor_that_exports_them():
    with pytest.raises(ValueError, match="philips does not export real and imaginary"):
        DicomOptions("philips", has_real_imaginary=True)


def test_a_folder_that_cannot_be_written_is_said_clearly(oblique_study, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(OutputFailed, match="could not be written to .* choose another folder"):
        write_dicom(oblique_study, blocked / "dicom")


def test_pixels_are_sixteen_bit_explicit_little_endian(oblique_study, tmp_path):
    for path in write_dicom(oblique_study, tmp_path):
        dataset = pydicom.dcmread(path)
        assert dataset.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian
        assert dataset.BitsStored in (12, 16)
        assert np.asarray(dataset.pixel_array).shape == (dataset.Rows, dataset.Columns)
