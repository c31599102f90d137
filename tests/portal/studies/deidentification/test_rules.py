from __future__ import annotations

import json

from pydicom.datadict import dictionary_keyword, dictionary_VR
from pydicom.uid import UID_dictionary

from portal.studies.deidentification.rules import FILE, Action, load_rules

TABLE = json.loads(FILE.read_text())
# PS3.15 table E.1-1 marks these X, Z or D without an option that we declare.
NEVER_KEPT = [
    "AdditionalPatientHistory",
    "AdmittingDiagnosesDescription",
    "BranchOfService",
    "ClinicalTrialSubjectID",
    "ContentCreatorName",
    "ContrastBolusAgent",
    "CountryOfResidence",
    "CurrentPatientLocation",
    "DateOfLastCalibration",
    "DerivationDescription",
    "DeviceSerialNumber",
    "EthnicGroup",
    "FillerOrderNumberImagingServiceRequest",
    "ImageComments",
    "InstitutionAddress",
    "InstitutionName",
    "InstitutionalDepartmentName",
    "IssuerOfPatientID",
    "MedicalAlerts",
    "MilitaryRank",
    "NameOfPhysiciansReadingStudy",
    "Occupation",
    "OperatorsName",
    "OtherPatientIDs",
    "OtherPatientNames",
    "PatientAddress",
    "PatientBirthName",
    "PatientBirthTime",
    "PatientComments",
    "PatientMotherBirthName",
    "PatientTelephoneNumbers",
    "PerformedProcedureStepDescription",
    "PerformingPhysicianName",
    "PregnancyStatus",
    "ReasonForStudy",
    "ReceiveCoilName",
    "RequestAttributesSequence",
    "RequestingPhysician",
    "RequestingService",
    "StationName",
    "StudyComments",
    "TransmitCoilName",
]


def test_each_row_agrees_with_the_dictionary() -> None:
    for tag, (keyword, vr, _) in TABLE["attributes"].items():
        assert dictionary_keyword(int(tag, 16)) == keyword
        assert vr in dictionary_VR(int(tag, 16))


def test_what_is_kept_as_a_number_cannot_hold_text() -> None:
    numeric = {"DS", "IS", "US", "SS", "UL", "SL", "FL", "FD"}
    rows = [row for row in TABLE["attributes"].values() if row[2] == Action.NUMBER]
    assert {vr for _, vr, _ in rows} <= numeric
    text = [row for row in TABLE["attributes"].values() if row[1] in {"LT", "ST", "UT", "UC", "UN"}]
    assert not text


def test_attributes_that_name_people_or_places_are_not_in_the_table() -> None:
    kept = {row[0] for row in TABLE["attributes"].values()}
    assert not kept & set(NEVER_KEPT)


def test_everything_quantitation_needs_is_in_the_table() -> None:
    kept = {row[0] for row in TABLE["attributes"].values()}
    needed = [
        "RescaleSlope",
        "RescaleIntercept",
        "RescaleType",
        "RealWorldValueMappingSequence",
        "RealWorldValueSlope",
        "RealWorldValueIntercept",
        "MeasurementUnitsCodeSequence",
        "MagneticFieldStrength",
        "ImagingFrequency",
        "TransmitterFrequency",
        "EchoTime",
        "EffectiveEchoTime",
        "EchoNumbers",
        "FlipAngle",
        "RepetitionTime",
        "SliceThickness",
        "SpacingBetweenSlices",
        "PixelSpacing",
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "SharedFunctionalGroupsSequence",
        "PerFrameFunctionalGroupsSequence",
        "PixelData",
        "BitsStored",
        "PixelRepresentation",
        "ComplexImageComponent",
        "ImageType",
        "SequenceName",
        "ScanningSequence",
        "Manufacturer",
    ]
    assert not set(needed) - kept


def test_kinds_of_objects_are_those_of_the_standard() -> None:
    for uid, name in TABLE["sop_classes"].items():
        assert UID_dictionary[uid][0] == f"{name} Storage"


def test_words_are_lower_case_and_sorted() -> None:
    assert TABLE["words"] == sorted({word.lower() for word in TABLE["words"]})


def test_the_private_elements_are_those_the_analysis_reads() -> None:
    kept = {(rule.creator, rule.group, rule.element) for rule in load_rules().private}
    assert ("Philips MR Imaging DD 001", 0x2005, 0x0E) in kept
    assert ("GEMS_PARM_01", 0x0043, 0x2F) in kept
