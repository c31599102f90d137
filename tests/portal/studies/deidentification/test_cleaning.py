"""Identifying values planted everywhere; what leaves must not hold one of them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from portal.studies.deidentification.cleaning import CannotBeCleaned, Cleaner
from portal.studies.deidentification.dicom_file import clean, write
from portal.studies.deidentification.pseudonyms import Pseudonyms
from portal.studies.deidentification.rules import Rules
from tests.portal.studies.deidentification.planting import MARK, plant


def encoded(dataset: FileDataset, rules: Rules, pseudonyms: Pseudonyms, folder: Path) -> bytes:
    path = folder / "clean.dcm"
    write(clean(dataset, rules, pseudonyms), path)
    return path.read_bytes()


@pytest.mark.filterwarnings("ignore:Invalid value for VR:UserWarning")  # planted on purpose
def test_none_of_the_planted_values_survives(
    one_file: Path, rules: Rules, pseudonyms: Pseudonyms, tmp_path: Path
) -> None:
    dataset = dcmread(one_file)
    planted = plant(dataset)
    assert planted > 400
    content = encoded(dataset, rules, pseudonyms, tmp_path)
    assert MARK.encode() not in content


def test_no_identifier_of_the_original_survives(
    one_file: Path, rules: Rules, pseudonyms: Pseudonyms, tmp_path: Path
) -> None:
    dataset = dcmread(one_file)
    originals = [
        str(dataset[name].value)
        for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "PatientID")
    ]
    content = encoded(dataset, rules, pseudonyms, tmp_path)
    assert not [value for value in originals if value.encode() in content]
    assert b"S-001" in content


def test_what_was_done_stands_in_the_file(
    one_file: Path, rules: Rules, pseudonyms: Pseudonyms
) -> None:
    kept = clean(dcmread(one_file), rules, pseudonyms).dataset
    assert kept.PatientIdentityRemoved == "YES"
    assert kept.LongitudinalTemporalInformationModified == "MODIFIED"
    codes = [item.CodeValue for item in kept.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113105", "113107", "113108", "113111"]
    assert (str(kept.PatientName), kept.PatientID) == ("S-001", "S-001")
    assert not kept.PatientBirthDate


def test_pixels_are_untouched(one_file: Path, rules: Rules, pseudonyms: Pseudonyms) -> None:
    dataset = dcmread(one_file)
    assert clean(dataset, rules, pseudonyms).dataset.PixelData == dataset.PixelData


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EchoTime", "DOE"),
        ("RescaleSlope", float("inf")),
        ("StudyDate", "yesterday"),
        ("PatientAge", "old"),
    ],
)
def test_a_value_that_is_not_what_it_should_be_goes(
    rules: Rules, pseudonyms: Pseudonyms, name: str, value: Any
) -> None:
    dataset = Dataset()
    element_vr = {"EchoTime": "LO", "RescaleSlope": "FD", "StudyDate": "LO", "PatientAge": "LO"}
    dataset.add_new(tag_for_keyword(name) or 0, element_vr[name], value)
    kept = Cleaner(rules, pseudonyms, "MRN").clean(dataset)
    assert not str(kept.get(name, "")).strip()


def test_a_very_old_patient_is_told_as_the_limit(rules: Rules, pseudonyms: Pseudonyms) -> None:
    dataset = Dataset()
    for given, told in (("093Y", "089Y"), ("054Y", "054Y"), ("006M", "006M")):
        dataset.PatientAge = given
        assert Cleaner(rules, pseudonyms, "").clean(dataset).PatientAge == told


def test_dates_move_together_and_times_of_day_go(rules: Rules, pseudonyms: Pseudonyms) -> None:
    dataset = Dataset()
    dataset.StudyDate, dataset.SeriesDate = "20240228", "20240301"
    dataset.StudyTime = "101500"
    dataset.AcquisitionDateTime = "20240301101500.123"
    kept = Cleaner(rules, pseudonyms, "MRN").clean(dataset)
    assert kept.AcquisitionDateTime == f"{kept.SeriesDate}000000"
    assert kept.StudyDate < kept.SeriesDate < "20240228"
    assert not kept.StudyTime


def test_codes_that_nobody_knows_take_their_item_with_them(
    rules: Rules, pseudonyms: Pseudonyms
) -> None:
    known, unknown, half = Dataset(), Dataset(), Dataset()
    half.CodingSchemeDesignator = "DOE"
    known.CodeValue, known.CodingSchemeDesignator, known.CodeMeaning = "ms", "UCUM", "ms of Doe"
    unknown.CodeValue, unknown.CodingSchemeDesignator = "4711", "99DOE"
    dataset = Dataset()
    dataset.MeasurementUnitsCodeSequence = Sequence([known, unknown, half])
    kept = Cleaner(rules, pseudonyms, "").clean(dataset).MeasurementUnitsCodeSequence
    assert [(item.CodeValue, item.CodeMeaning) for item in kept] == [("ms", "ms of")]


def test_safe_private_elements_stay_and_move_to_the_first_block(
    rules: Rules, pseudonyms: Pseudonyms
) -> None:
    dataset = Dataset()
    dataset.private_block(0x2005, "SOMETHING ELSE", create=True).add_new(0x0E, "LO", "Doe")
    block = dataset.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
    block.add_new(0x0E, "FL", 0.25)
    kept = Cleaner(rules, pseudonyms, "").clean(dataset)
    assert kept.private_block(0x2005, "Philips MR Imaging DD 001")[0x0E].value == 0.25
    assert len(kept) == 2


def test_a_private_number_whose_type_was_lost_is_read_from_its_bytes(
    rules: Rules, pseudonyms: Pseudonyms
) -> None:
    dataset = Dataset()
    block = dataset.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
    block.add_new(0x0E, "UN", b"\x00\x00\x80\x3e")
    kept = Cleaner(rules, pseudonyms, "").clean(dataset)
    assert kept.private_block(0x2005, "Philips MR Imaging DD 001")[0x0E].value == 0.25


def test_sequences_in_sequences_have_an_end(rules: Rules, pseudonyms: Pseudonyms) -> None:
    dataset = Dataset()
    for _ in range(20):
        outer = Dataset()
        outer.ReferencedImageSequence = Sequence([dataset])
        outer.InstanceNumber = 1
        dataset = outer
    with pytest.raises(CannotBeCleaned, match="nested too deeply"):
        Cleaner(rules, pseudonyms, "").clean(dataset)


def test_a_cleaned_file_stays_as_it_is_when_cleaned_again(
    one_file: Path, rules: Rules, pseudonyms: Pseudonyms, tmp_path: Path
) -> None:
    once = dcmread(BytesIO(encoded(dcmread(one_file), rules, pseudonyms, tmp_path)))
    again = Cleaner(rules, pseudonyms, "S-001").clean(once)
    names = ("SeriesDescription", "ImageType", "EchoTime", "Manufacturer", "RescaleSlope")
    assert [once.get(name) for name in names] == [again.get(name) for name in names]
