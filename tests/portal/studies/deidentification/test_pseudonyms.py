from __future__ import annotations

import hashlib
import hmac
import re
import stat
from datetime import date
from pathlib import Path

import pytest

from portal.studies.deidentification.pseudonyms import KeyUnusable, Pseudonyms, key_from
from tests.portal.studies.deidentification.conftest import KEY

BETWEEN = (30, 1825)


def test_a_uid_is_the_keyed_hash_as_the_browser_makes_it() -> None:
    digest = hmac.new(KEY, b"uid:1.2.3", hashlib.sha256).digest()
    assert Pseudonyms(KEY).uid("1.2.3") == f"2.25.{int.from_bytes(digest[:16], 'big')}"


def test_pseudonyms_are_valid_uids() -> None:
    uids = {Pseudonyms(KEY).uid(str(number)) for number in range(500)}
    assert len(uids) == 500
    assert all(re.fullmatch(r"2\.25\.(0|[1-9]\d*)", uid) and len(uid) <= 64 for uid in uids)


def test_a_second_session_gives_the_same_pseudonyms_and_another_key_others() -> None:
    first, again, other = Pseudonyms(KEY), Pseudonyms(KEY), Pseudonyms(bytes(32))
    assert first.uid("1.2") == again.uid("1.2") != other.uid("1.2")
    assert first.subject("MRN 7") == again.subject("MRN 7") != other.subject("MRN 7")


def test_intervals_between_visits_survive_the_shift() -> None:
    pseudonyms = Pseudonyms(KEY)
    visits = date(2024, 2, 28), date(2024, 8, 1)
    moved = [pseudonyms.shifted(day, "MRN 7", BETWEEN) for day in visits]
    assert moved[1] - moved[0] == visits[1] - visits[0]
    assert all(30 <= (day - new).days <= 1825 for day, new in zip(visits, moved, strict=True))


def test_patients_move_by_different_numbers_of_days() -> None:
    pseudonyms = Pseudonyms(KEY)
    assert len({pseudonyms.shift_days(f"MRN {n}", BETWEEN) for n in range(50)}) > 40


def test_the_subjects_code_stands_for_the_patient() -> None:
    assert Pseudonyms(KEY, "S-001").subject("MRN 7") == "S-001"
    assert re.fullmatch(r"P[A-Z2-7]{10}", Pseudonyms(KEY).subject("MRN 7"))


def test_a_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = key_from(path)
    assert key_from(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "not hexadecimal", "abcd"])
def test_a_damaged_key_is_not_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content)
    with pytest.raises(KeyUnusable):
        Pseudonyms(key_from(path))
    assert path.read_text() == content


def test_a_key_in_a_folder_that_is_not_there_is_explained(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="cannot be made"):
        key_from(tmp_path / "no" / "key")
