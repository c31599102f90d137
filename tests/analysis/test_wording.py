from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from analysis.errors import UnusableInput
from analysis.findings import Finding, Severity
from analysis.wording import Words, listed, plain, words, words_from

NESTED = words("valid: %(regions)s", regions=listed([words("segment %(name)s", name="II"), "III"]))


def test_english_is_the_template_with_its_values() -> None:
    said = words("%(n)s of %(all)s voxels, 5 % at %(n)s", n=3, all="40")
    assert said.text == "3 of 40 voxels, 5 % at 3"


def test_words_inside_words_read_as_one_sentence() -> None:
    assert NESTED.text == "valid: segment II, III"


def test_another_template_takes_the_same_values() -> None:
    other = {"segment %(name)s": "Segment %(name)s", "valid: %(regions)s": "gültig: %(regions)s"}
    assert NESTED.said(lambda text: other.get(text, text)) == "gültig: Segment II, III"


def test_values_never_count_as_places() -> None:
    assert words("file %(name)s", name="%(other)s").text == "file %(other)s"


@pytest.mark.parametrize("values", [{}, {"n": 1, "m": 2}, {"m": 1}])
def test_places_and_values_that_do_not_go_together_are_refused(
    values: dict[str, int],
) -> None:
    with pytest.raises(ValueError, match="places and values differ"):
        words("%(n)s voxels", **values)


def test_words_come_back_from_plain_data() -> None:
    assert words_from(json.loads(json.dumps(asdict(NESTED)))) == NESTED


def test_text_that_looks_like_a_template_is_left_as_it_is() -> None:
    assert plain("study %(n)s.zip").text == "study %(n)s.zip"
    assert plain("study.zip") == Words("study.zip")


def test_a_finding_keeps_the_words_that_hold_values() -> None:
    found = Finding.of(
        "a-code", Severity.INFO, words("Seen."), NESTED, words("Look at %(n)s.", n=2), "map"
    )
    assert (found.message, found.evidence, found.action, found.stage) == (
        "Seen.",
        "valid: segment II, III",
        "Look at 2.",
        "map",
    )
    assert [each.text for each in found.words] == ["valid: segment II, III", "Look at 2."]


def test_findings_that_say_the_same_are_the_same() -> None:
    made = Finding.of("a-code", Severity.INFO, words("%(n)s voxels", n=3))
    assert made == Finding("a-code", Severity.INFO, "3 voxels")
    assert len({made, Finding("a-code", Severity.INFO, "3 voxels")}) == 1


def test_an_error_says_its_words_and_keeps_them() -> None:
    error = UnusableInput(words("%(n)s files are damaged.", n=2), code="damaged")
    assert (str(error), error.message, error.words.template) == (
        "2 files are damaged.",
        "2 files are damaged.",
        "%(n)s files are damaged.",
    )
