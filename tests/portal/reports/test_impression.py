from __future__ import annotations

import re

import pytest
from django.utils import translation

from analysis.measurement import Grade
from portal.reports.impression import draft_impression
from portal.reports.verdict import build_verdict, grade_words
from tests.portal.reports.conftest import CRITICAL, Analysed, analysed


def test_the_draft_repeats_the_report_s_own_words(results: Analysed) -> None:
    draft = draft_impression(results.report)
    pdff = results.report.get("PDFF", "liver")
    lic = results.report.get("LIC", "liver")
    assert pdff is not None
    assert lic is not None
    assert f"PDFF {pdff.text} ± {pdff.error_text}" in draft
    assert f"LIC {lic.text}" in draft
    assert "estimated from MRI, not histology" in draft


def test_the_draft_says_what_limits_trust() -> None:
    assert f"Limit: {CRITICAL.message}" in draft_impression(analysed(findings=(CRITICAL,)).report)


def test_without_field_strength_no_iron_is_claimed() -> None:
    draft = draft_impression(analysed(field_strength_t=None).report)
    assert "iron concentration is not given" in draft


@pytest.mark.parametrize("code", ["de", "es", "fr", "pt"])
def test_the_draft_has_the_same_numbers_in_every_language(code: str, results: Analysed) -> None:
    numbers = re.compile(r"\d+(?:\.\d+)?")
    english = draft_impression(results.report)
    with translation.override(code):
        drafted = draft_impression(results.report)
        verdict = build_verdict(results.report)
    assert drafted != english
    assert sorted(numbers.findall(drafted)) == sorted(numbers.findall(english))
    for here, there in zip(verdict, build_verdict(results.report), strict=True):
        assert (here.value, here.error, here.unit) == (there.value, there.error, there.unit)


def test_the_draft_in_english_says_what_the_report_says(results: Analysed) -> None:
    drafted = draft_impression(results.report)
    for grade in results.report.grades:
        assert grade.description in drafted


def test_a_grade_is_said_from_its_parts_not_from_its_sentence() -> None:
    grade = Grade("LIC", "mild", "any words", "table", False, "LIC 1.8–3.2 mg/g, Own 2020")
    with translation.override("de"):
        words = grade_words(grade)
    assert "LIC 1.8–3.2 mg/g, Own 2020" in words
    assert "any words" not in words


def test_a_grade_of_an_older_report_is_left_as_it_is() -> None:
    assert grade_words(Grade("PDFF", "S1", "steatosis", "own table", False)) == "steatosis"
