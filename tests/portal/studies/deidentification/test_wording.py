from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.studies.deidentification.rules import load_rules
from portal.studies.deidentification.wording import known_version, known_words

RULES = load_rules()


@pytest.mark.parametrize(
    "text",
    [
        "mDIXON 6 echoes BH",
        "mDIXON-Quant_BH FF",
        "mDIXON-Quant_BH T2*",
        "FatFrac: Ax IDEAL IQ",
        "R2* 1/s: Ax IDEAL IQ",
        "t1_vibe_q-dixon_tra_bh_pdff",
        "fl3d6_ref",
        "*fl3d6_ref",
        "3-plane loc",
        "R2* MAP",
        "ORIGINAL",
        "P_SE",
        "00",
        "1H",
    ],
)
def test_the_language_of_protocols_stays(text: str) -> None:
    assert known_words(text, RULES) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Jane Doe liver", "liver"),
        ("t1_vibe_DOE^JANE", "t1_vibe_"),
        ("MRN 12345678", ""),
        ("call 555-123-4567", "--"),
        ("T2DOE", ""),
        ("WaterFat", "WaterFat"),
        ("WaterDoe", ""),
        ("Müller 図子 liver", "liver"),
        ("born 1 2 3 4 5", "1 2"),
        ("T1234", ""),
        ("te1te2te3", ""),
        ("", ""),
    ],
)
def test_everything_else_goes(text: str, left: str) -> None:
    assert known_words(text, RULES) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("syngo MR E11", "syngo MR E11"),
        ("5.7.1", "5.7.1"),
        ("27\\LX\\MR Software release:DV26.0", "27 LX MR Software release:DV26.0"),
        ("installed by Jane Doe 20200131", ""),
    ],
)
def test_versions_stay(text: str, left: str) -> None:
    assert known_version(text, RULES) == left


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=5, max_size=30))
def test_no_single_unknown_word_survives(name: str) -> None:
    left = known_words(name, RULES)
    assert left in {"", name.strip()}
    if left and name.lower() not in RULES.words:
        parts = [part for part in RULES.words if part in name.lower()]
        assert parts


@given(st.text(max_size=60))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = known_words(text, RULES)
    assert known_words(once, RULES) == once
