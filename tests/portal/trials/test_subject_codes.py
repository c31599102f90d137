from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.trials.subject_codes import (
    SubjectRefused,
    example_of,
    matches,
    refuse_wrong_form,
)


@pytest.mark.parametrize(
    ("code", "form", "is_right"),
    [
        ("N-001", "{site}-###", True),
        ("S-001", "{site}-###", False),
        ("N-01", "{site}-###", False),
        ("N-0012", "{site}-###", False),
        ("N-00A", "{site}-###", False),
        ("N-٣٣٣", "{site}-###", False),
        ("AB7", "@@#", True),
        ("Äß7", "@@#", True),
        ("A_7", "@@#", False),
        ("anything goes", "", True),
        ("1.1", "#.#", True),
        ("1x1", "#.#", False),
    ],
)
def test_a_code_has_the_form_or_not(code: str, form: str, is_right: bool) -> None:
    assert matches(code, form, "N") is is_right


@given(form=st.text(alphabet="@#-.x", min_size=1, max_size=20), site=st.text(max_size=5))
def test_the_example_has_the_form_itself(form: str, site: str) -> None:
    for each in (form, f"{{site}}{form}", f"{form}{{site}}"):
        assert matches(example_of(each, site), each, site)


def test_a_site_code_of_signs_stands_for_itself() -> None:
    assert matches("##-1", "{site}-#", "##")
    assert not matches("12-1", "{site}-#", "##")


def test_the_refusal_shows_how_codes_look() -> None:
    with pytest.raises(SubjectRefused, match="look like N-001;"):
        refuse_wrong_form("001", "{site}-###", "N")
