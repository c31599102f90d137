from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.findings import Finding, Severity
from portal.reports.reading_secrets import Secrets, secrets_of
from portal.trials.reading_schemes import Blinding
from tests.portal.reports.conftest import Analysed
from tests.portal.reports.reading_world import (
    PATIENT_ID,
    SCANNER,
    SITE_CODE,
    SITE_NAME,
    STUDY_DATE,
    SUBJECT,
    VISIT,
    World,
    build_world,
)


@pytest.fixture
def world(db: None, results: Analysed, tmp_path: Path) -> World:
    return build_world(results, tmp_path)


_WORDS = st.text(min_size=1, max_size=12).filter(lambda word: word.strip() != "")


def finding(message: str = "m", evidence: str = "e", action: str = "a") -> Finding:
    return Finding("code", Severity.WARNING, message, evidence, action)


@given(word=_WORDS, before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_secret_between_other_words_is_found(word: str, before: str, after: str) -> None:
    secrets = Secrets((word,))
    assert secrets.are_in(f"{before} | {word.strip()} | {after}")
    assert secrets.are_in(f"{before} | {word.strip().upper()} | {after}") or (
        word.casefold() != word.upper().casefold()
    )


@given(word=_WORDS, place=st.sampled_from(["message", "evidence", "action"]))
def test_a_finding_that_tells_a_secret_anywhere_is_kept_back(word: str, place: str) -> None:
    telling = finding(**{place: f"seen at ({word.strip()})"})
    assert Secrets((word,)).withhold([telling, finding("plain words")])[:1] != (telling,)


@given(
    words=st.lists(st.text(alphabet="xyz-", min_size=3, max_size=9)), text=st.text(alphabet="ab ")
)
def test_a_text_without_a_secret_is_told(words: list[str], text: str) -> None:
    assume(all(word.strip("-") for word in words))
    assert not Secrets(tuple(words)).are_in(text)


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("Scan of zanzibar INFIRMARY.", True),
        ("Scan of Zanzibar  Infirmary", False),  # two blanks are another word
        ("Scanned at N", True),
        ("Noise is high", False),  # a short code is no part of a word
        ("\uff2e, wide", True),  # the same letter, as wide form
        ("", False),
    ],
)
def test_secrets_are_words_not_letters(text: str, is_found: bool) -> None:
    assert Secrets(("Zanzibar Infirmary", "N")).are_in(text) is is_found


def test_no_secret_is_in_nothing_and_nothing_is_no_secret() -> None:
    assert not Secrets().are_in("anything")
    assert not Secrets(("", "  ")).are_in("anything at all")


@pytest.mark.parametrize(
    ("hidden", "words"),
    [
        (Blinding.SITE, {SITE_NAME, SITE_CODE, *SCANNER}),
        (Blinding.TIME, {VISIT, STUDY_DATE, STUDY_DATE.replace("-", "")}),
        (Blinding.SUBJECT, {SUBJECT, PATIENT_ID}),
    ],
)
def test_each_flag_hides_its_own_words(world: World, hidden: Blinding, words: set[str]) -> None:
    case = world.case(blinded_to=[hidden.value])
    found = secrets_of(case, world.results.report)
    assert set(found.words) == words
    everything = replace(world.results.report, findings=())
    assert secrets_of(case, everything).words == found.words
