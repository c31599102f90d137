from __future__ import annotations

import pytest

from analysis.errors import UnusableInput
from analysis.ingest.identity import describe_study
from tests.analysis.ingest.headers import image_header, series_header


def test_one_study_is_described() -> None:
    assert describe_study([image_header()]).patient_id == "P-1"


def test_two_patients_are_refused() -> None:
    other = image_header(series=series_header(patient_key="P-2"))

    with pytest.raises(UnusableInput, match="2 different patients; send one") as caught:
        describe_study([image_header(), other])

    assert caught.value.code == "mixed-patients"


def test_two_mr_studies_of_one_patient_are_refused() -> None:
    other = image_header(series=series_header(study_instance_uid="9.9"))

    with pytest.raises(UnusableInput, match="2 different MR studies") as caught:
        describe_study([image_header(), other])

    assert caught.value.code == "mixed-studies"


def test_a_ct_of_the_same_patient_beside_the_mr_is_no_mixture() -> None:
    ct = image_header(series=series_header(modality="CT", study_instance_uid="9.9"))

    assert describe_study([ct, image_header()]).study_instance_uid == "1.2"


def test_ct_alone_is_refused_by_name() -> None:
    with pytest.raises(UnusableInput, match="The images are CT, not MR") as caught:
        describe_study([image_header(series=series_header(modality="CT"))])

    assert caught.value.code == "not-mr"
