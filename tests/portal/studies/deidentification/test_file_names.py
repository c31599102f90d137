from __future__ import annotations

import pytest

from portal.studies.deidentification.file_names import NamesRefused, may_name, refuse_naming_paths
from portal.studies.deidentification.rules import Rules


@pytest.mark.parametrize(
    "path",
    [
        "2.25.329800735698586629295641978511506172918/2.25.1.dcm",
        "series/IM00001.dcm",
        "0001_t1_vibe/IMG-0001-00012.dcm",
        "gre_s0123456789ab_echo-1_part-mag.nii",
        "s96a541314405_echo-3.nii",
        "DICOM/ST00001/SE00002/I10",
        "DICOMDIR",
        "1",
    ],
)
def test_pseudonyms_and_what_scanners_call_files_pass(rules: Rules, path: str) -> None:
    assert not may_name(path, rules)


@pytest.mark.parametrize(
    "path",
    [
        "DOE_JANE/IM00001.dcm",
        "series/jane.dcm",
        "12345678/IM1",
        "DOE^JANE",
        "1.2.840.113619.2.55.3.604688119/1.dcm",
        "1950-01-01 Müller.zip",
        "肝/IM1",
        "2.25.1/doe.dcm",
    ],
)
def test_anything_else_may_name_someone(rules: Rules, path: str) -> None:
    assert may_name(path, rules)


def test_a_refusal_counts_names_and_repeats_none() -> None:
    with pytest.raises(NamesRefused, match="2 file or folder names") as refused:
        refuse_naming_paths(["DOE/IM1", "IM2", "JANE/IM3"])
    assert "DOE" not in refused.value.message
    assert not refused.value.details
