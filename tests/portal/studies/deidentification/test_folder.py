from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from analysis.errors import OutputFailed, UnusableInput
from analysis.ingest.study_reader import read_study
from analysis.simulation.dicom.writer import DicomOptions, write_dicom
from analysis.simulation.simulated_study import SimulatedStudy
from analysis.study import IngestedStudy
from portal.studies.deidentification.folder import Receipt, deidentify, write_receipt
from portal.studies.deidentification.pseudonyms import Pseudonyms
from portal.studies.deidentification.rules import Rules


def cleaned(source: Path, target: Path, rules: Rules, pseudonyms: Pseudonyms) -> Receipt:
    return deidentify(source, target, rules=rules, pseudonyms=pseudonyms)


def quantities(study: IngestedStudy) -> list[Any]:
    """Return everything measurements depend on, series by series."""
    return [
        (
            series.number,
            series.description,
            series.modality,
            series.acquisition if series.stacks else None,
            series.claimed_role,
            series.not_read,
            [
                (stack.component, stack.echo_time_ms, stack.phase_in_radians)
                for stack in series.stacks
            ],
        )
        for series in sorted(study.series, key=lambda one: one.number)
    ]


def voxels(study: IngestedStudy) -> list[Any]:
    return [
        (stack.volume.array, stack.volume.geometry.affine)
        for series in sorted(study.series, key=lambda one: one.number)
        for stack in series.stacks
    ]


@pytest.mark.parametrize("is_enhanced", [False, True], ids=["classic", "enhanced"])
@pytest.mark.parametrize("vendor", ["siemens", "ge", "philips", "canon"])
def test_every_measurement_is_the_same_before_and_after(
    simulated_study: SimulatedStudy,
    tmp_path: Path,
    rules: Rules,
    pseudonyms: Pseudonyms,
    vendor: str,
    is_enhanced: bool,  # noqa: FBT001  # parametrized
) -> None:
    options = DicomOptions(
        vendor=vendor,
        is_enhanced=is_enhanced,
        has_phase=True,
        has_vendor_maps=True,
        has_localizer=True,
        has_extension=False,
    )
    write_dicom(simulated_study, tmp_path / "before", options=options)
    receipt = cleaned(tmp_path / "before", tmp_path / "after", rules, pseudonyms)
    assert not receipt.refused
    before, after = read_study(tmp_path / "before"), read_study(tmp_path / "after")
    assert quantities(after) == quantities(before)
    for (array, affine), (new, new_affine) in zip(voxels(before), voxels(after), strict=True):
        np.testing.assert_array_equal(new, array)
        np.testing.assert_array_equal(new_affine, affine)
    assert after.description.study_instance_uid != before.description.study_instance_uid
    assert after.description.patient_id == "S-001"


@pytest.mark.parametrize("series", ["series_2_magnitude", "series_3_phase"])
def test_real_siemens_headers_measure_the_same(
    shared_data: Path, tmp_path: Path, rules: Rules, pseudonyms: Pseudonyms, series: str
) -> None:
    source = shared_data / "dicom_multiecho" / series
    receipt = cleaned(source, tmp_path / "after", rules, pseudonyms)
    assert receipt.written
    before, after = read_study(source), read_study(tmp_path / "after")
    for (array, affine), (new, new_affine) in zip(voxels(before), voxels(after), strict=True):
        np.testing.assert_array_equal(new, array)
        np.testing.assert_array_equal(new_affine, affine)
    echoes = [[stack.echo_time_ms for stack in one.stacks] for one in before.series]
    assert [[stack.echo_time_ms for stack in one.stacks] for one in after.series] == echoes


def test_names_of_files_folders_and_archives_do_not_survive(
    study_folder: Path, tmp_path: Path, rules: Rules, pseudonyms: Pseudonyms
) -> None:
    files = sorted(path for path in study_folder.rglob("*") if path.is_file())
    archive = tmp_path / "in" / "DOE_JANE.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.comment = b"MRN 12345678"
        for number, path in enumerate(files[:3]):
            packed.write(path, f"DOE_JANE/{number}")
    receipt = cleaned(tmp_path / "in", tmp_path / "out", rules, pseudonyms)
    assert [line.source for line in receipt.written] == [
        f"DOE_JANE.zip/DOE_JANE/{number}" for number in range(3)
    ]
    left = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(left) == 3
    assert not [path for path in left if "DOE" in str(path.relative_to(tmp_path))]
    assert not [path for path in left if b"DOE" in path.read_bytes()]


def test_what_cannot_be_cleaned_is_not_written_and_named(
    study_folder: Path, one_file: Path, tmp_path: Path, rules: Rules, pseudonyms: Pseudonyms
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "letter.txt").write_text("Dear Mrs Doe")
    (source / "empty").touch()
    (source / "half").write_bytes(one_file.read_bytes()[:-400])
    (source / "bad.zip").write_bytes(b"PK\x03\x04" + b"\0" * 40 + b"PK\x05\x06" + b"\0" * 18)
    variants: dict[str, dict[str, Any]] = {
        "burned": {"BurnedInAnnotation": "YES"},
        "capture": {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
        "screen": {"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]},
        "protocol": {"SeriesDescription": "Patient Protocol"},
        "scanned": {"ConversionType": "SD"},
        "colour": {"PhotometricInterpretation": "RGB"},
    }
    for name, changes in variants.items():
        dataset = dcmread(one_file)
        for keyword, value in changes.items():
            setattr(dataset, keyword, value)
        dataset.save_as(source / name)
    (source / "good").write_bytes(one_file.read_bytes())
    (source / "good again").write_bytes(one_file.read_bytes())
    receipt = cleaned(source, tmp_path / "out", rules, pseudonyms)
    assert [line.source for line in receipt.written] == ["good"]
    assert {line.source: line.code for line in receipt.refused} == {
        "letter.txt": "not-an-image",
        "empty": "not-an-image",
        "half": "damaged",
        "bad.zip": "archive-empty",
        "burned": "burned-in",
        "capture": "kind-not-sent",
        "screen": "screen-save",
        "protocol": "screen-save",
        "scanned": "screen-save",
        "colour": "colour",
        "good again": "twice",
    }
    assert all(line.refused_because.endswith(".") for line in receipt.refused)
    assert len([path for path in (tmp_path / "out").rglob("*") if path.is_file()]) == 1


def test_a_second_visit_keeps_the_subject_the_interval_and_the_frame_of_reference(
    one_file: Path, tmp_path: Path, rules: Rules, pseudonyms: Pseudonyms
) -> None:
    dates = []
    for visit, day in (("first", "20240110"), ("second", "20240710")):
        dataset = dcmread(one_file)
        dataset.StudyDate = day
        (tmp_path / visit).mkdir()
        dataset.save_as(tmp_path / visit / "IM1")
        receipt = cleaned(tmp_path / visit, tmp_path / f"{visit}-out", rules, pseudonyms)
        kept = dcmread(tmp_path / f"{visit}-out" / receipt.written[0].written)
        dates.append(
            np.datetime64(f"{kept.StudyDate[:4]}-{kept.StudyDate[4:6]}-{kept.StudyDate[6:]}")
        )
    assert (dates[1] - dates[0]).astype(int) == 182


def test_the_receipt_is_written_as_json_or_csv(
    study_folder: Path, tmp_path: Path, rules: Rules, pseudonyms: Pseudonyms
) -> None:
    receipt = cleaned(study_folder, tmp_path / "out", rules, pseudonyms)
    write_receipt(receipt, tmp_path / "receipt.json")
    write_receipt(receipt, tmp_path / "receipt.csv")
    rows = json.loads((tmp_path / "receipt.json").read_text())
    with (tmp_path / "receipt.csv").open() as file:
        table = [*csv.DictReader(file)]
    assert len(rows) == len(table) == len(receipt.lines)
    assert rows[0]["written"] == table[0]["written"]
    assert rows[0]["removed_attributes"] >= 0


def test_nothing_there_and_a_full_target_are_refused(
    study_folder: Path, tmp_path: Path, rules: Rules, pseudonyms: Pseudonyms
) -> None:
    with pytest.raises(UnusableInput, match="nothing at"):
        cleaned(tmp_path / "absent", tmp_path / "out", rules, pseudonyms)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "precious").touch()
    with pytest.raises(OutputFailed, match="is not empty"):
        cleaned(study_folder, tmp_path / "full", rules, pseudonyms)


def test_an_image_whose_pixels_look_like_the_end_of_an_archive_is_an_image(
    one_file: Path, tmp_path: Path, rules: Rules, pseudonyms: Pseudonyms
) -> None:
    content = one_file.read_bytes()
    pixels = b"PK\x05\x06" + bytes(60)
    source = tmp_path / "in"
    source.mkdir()
    (source / "image").write_bytes(content[: -len(pixels)] + pixels)
    assert zipfile.is_zipfile(source / "image")
    receipt = cleaned(source, tmp_path / "out", rules, pseudonyms)
    assert len(receipt.written) == 1
