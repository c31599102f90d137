from __future__ import annotations

import pytest

from analysis.errors import OutputFailed
from analysis.simulation.dicom.writer import DicomOptions
from analysis.simulation.study_folder import write_study_folder
from analysis.simulation.truth import TRUTH_FILES

ENHANCED = DicomOptions("canon", is_enhanced=True)


def test_images_lie_in_dicom_and_the_truth_beside_them(small_study, tmp_path):
    written = write_study_folder(small_study, tmp_path / "out", ENHANCED)
    assert all(path.is_file() for path in written)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"dicom", *TRUTH_FILES}


def test_an_earlier_simulation_is_replaced(small_study, tmp_path):
    write_study_folder(small_study, tmp_path, DicomOptions("philips", is_enhanced=True))
    written = write_study_folder(small_study, tmp_path, ENHANCED)
    files = {path for path in (tmp_path / "dicom").rglob("*") if path.is_file()}
    assert files == {path for path in written if path.name not in TRUTH_FILES}


def test_files_of_others_are_never_touched(small_study, tmp_path):
    (tmp_path / "dicom").mkdir()
    (tmp_path / "dicom" / "patient.dcm").write_text("mine")
    with pytest.raises(OutputFailed, match="not a simulation; choose another folder") as caught:
        write_study_folder(small_study, tmp_path, ENHANCED)
    assert caught.value.code == "folder-in-use"
    assert (tmp_path / "dicom" / "patient.dcm").read_text() == "mine"
