from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset

from analysis.simulation.dicom.identifiers import Identifiers
from analysis.simulation.dicom.modules import (
    MR_IMAGE_STORAGE,
    StudyHeader,
    add_pixels,
    new_instance,
)
from analysis.simulation.dicom.siemens import SIEMENS
from analysis.simulation.dicom.vendor import SeriesPlan, StoredPixels
from analysis.simulation.spec import liver_protocol
from analysis.study import StudyDescription
from analysis.volume_norm import why_not_given


@pytest.mark.parametrize(("dtype", "sign"), [(np.uint16, 0), (np.int16, 1)])
def test_pixels_say_how_they_are_stored(dtype, sign):
    dataset = Dataset()
    add_pixels(dataset, StoredPixels(np.array([[1, 2, 300]], dtype), 12))
    assert (dataset.Rows, dataset.Columns) == (1, 3)
    assert (dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit) == (16, 12, 11)
    assert dataset.PixelRepresentation == sign
    assert dataset.PixelData == b"\x01\x00\x02\x00\x2c\x01"


def test_instances_of_a_series_share_its_identifier_and_have_their_own():
    header = StudyHeader(Identifiers("x"), SIEMENS, liver_protocol(3.0), "SIM-1", "20260115")
    series = SeriesPlan(4, "echoes", (), ())
    first, second = (new_instance(header, series, MR_IMAGE_STORAGE, name) for name in "ab")
    assert first.SeriesInstanceUID == second.SeriesInstanceUID
    assert first.FrameOfReferenceUID == second.FrameOfReferenceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.file_meta.MediaStorageSOPInstanceUID == first.SOPInstanceUID
    assert first.PatientID == "SIM-1"


def test_the_patient_is_an_adult_for_whom_a_liver_volume_is_expected():
    header = StudyHeader(Identifiers("x"), SIEMENS, liver_protocol(3.0), "SIM-1", "20260115")
    dataset = new_instance(header, SeriesPlan(4, "echoes", (), ()), MR_IMAGE_STORAGE, "a")
    body = StudyDescription(
        "1.2.3",
        height_m=float(dataset.PatientSize),
        weight_kg=float(dataset.PatientWeight),
        age_years=float(dataset.PatientAge.removesuffix("Y")),
    )
    assert why_not_given(body) == ""
