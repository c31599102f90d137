from __future__ import annotations

import ast
from dataclasses import asdict, replace

import pytest
from django.conf import settings
from django.utils import translation

from analysis.findings import Finding, Severity
from analysis.report_json import report_from_dict, report_to_dict
from analysis.wording import Words, listed, words
from portal.reports.verdict import build_findings
from portal.wording import said, say
from tests.analysis.test_report_json import REPORT
from tests.portal.made_sentences import calls, modules, template_of, templates
from tests.portal.test_language import CATALOGUES, PLACE, entries

SMALL = words("Segment %(small)s is too small for a trustworthy mean.", small="I (0.4 ml)")
FOUND = Finding.of(
    "segment-small",
    Severity.WARNING,
    SMALL,
    words("below %(limit)s ml: %(small)s", limit=1, small="I (0.4 ml)"),
    words("Do not read this segment alone."),
    "quantify",
)


def test_every_sentence_is_made_from_a_literal_template() -> None:
    free = [
        f"{file}:{call.lineno}"
        for file, tree in modules()
        for call in calls(tree, "words")
        if template_of(call) is None
    ]
    assert free == []


def test_findings_of_the_analysis_are_made_of_words_only() -> None:
    """A finding made another way, or of bare text, would stay English on every page."""
    bare = [
        f"{file}:{text.lineno} {text.value}"
        for file, tree in modules()
        for call in calls(tree, "Finding.of")
        for text in bare_texts(call)
    ]
    assert bare == []


def bare_texts(call: ast.Call) -> list[ast.Constant]:
    """Return the texts with words of language among the sentences of a finding."""
    sentences = [*call.args[2:5], *(k.value for k in call.keywords if k.arg in SENTENCES)]
    inside = {
        id(node) for each in sentences for made in calls(each, "words") for node in ast.walk(made)
    }
    return [
        node
        for each in sentences
        for node in ast.walk(each)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and any(letter.isalpha() for letter in node.value)
        and id(node) not in inside
    ]


SENTENCES = {"message", "evidence", "action"}


def test_a_bare_text_is_seen() -> None:
    call = next(
        calls(ast.parse('Finding.of("a", W, words("b"), f"{n} voxels", action="c")'), "Finding.of")
    )
    assert [text.value for text in bare_texts(call)] == [" voxels", "c"]


def test_no_module_of_the_analysis_makes_a_finding_past_its_words() -> None:
    """But those that read a stored one back."""
    made = {
        file.as_posix() for file, tree in modules(all_of_them=True) for _ in calls(tree, "Finding")
    }
    assert made == {"analysis/report_json.py"}


@pytest.mark.parametrize("code", CATALOGUES)
def test_every_sentence_is_translated_with_the_same_places(code: str) -> None:
    known = entries(code)
    assert sorted(templates() - known.keys()) == []
    for template in templates():
        assert sorted(PLACE.findall(template)) == sorted(PLACE.findall(known[template])), template


def test_the_english_sentence_is_that_of_its_template() -> None:
    with translation.override(settings.LANGUAGE_CODE):
        line = build_findings([FOUND])[0]
    assert (line.message, line.evidence, line.action) == (
        "Segment I (0.4 ml) is too small for a trustworthy mean.",
        "below 1 ml: I (0.4 ml)",
        "Do not read this segment alone.",
    )
    assert (line.message, line.evidence, line.action) == (
        FOUND.message,
        FOUND.evidence,
        FOUND.action,
    )


def test_a_finding_speaks_the_language_of_the_page() -> None:
    with translation.override("de"):
        line = build_findings([FOUND])[0]
    assert line.message == "Segment I (0.4 ml) ist für einen verlässlichen Mittelwert zu klein."
    assert line.evidence == "unter 1 ml: I (0.4 ml)"
    assert line.action == "Dieses Segment nicht für sich allein beurteilen."


def test_words_inside_words_are_translated_too() -> None:
    seen = words("valid: %(regions)s", regions=listed([words("whole liver"), "II"]))
    with translation.override("pt"):
        assert say(seen) == "válidos: fígado inteiro, II"


def test_a_stored_finding_still_speaks_every_language() -> None:
    stored = report_from_dict(report_to_dict(replace(REPORT, findings=(FOUND,))))
    with translation.override("fr"):
        assert build_findings(stored.findings)[0].message == (
            "Le segment I (0.4 ml) est trop petit pour une moyenne fiable."
        )


def test_an_old_record_without_values_shows_its_english_sentence() -> None:
    data = report_to_dict(replace(REPORT, findings=(FOUND,)))
    for finding in data["findings"]:
        del finding["words"]
    old = report_from_dict(data).findings
    with translation.override("de"):
        line = build_findings(old)[0]
    assert line.message == "Segment I (0.4 ml) is too small for a trustworthy mean."
    assert line.action == "Dieses Segment nicht für sich allein beurteilen."


def test_words_that_are_not_those_of_the_sentence_are_not_shown() -> None:
    other = replace(FOUND, message="Segment II is too small.")
    with translation.override("de"):
        assert build_findings([other])[0].message == "Segment II is too small."


def test_an_empty_text_stays_empty() -> None:
    with translation.override("de"):
        assert said("") == ""


def test_a_template_of_another_version_stays_english() -> None:
    with translation.override("de"):
        assert say(words("Long ago %(n)s echoes were there.", n=3)) == (
            "Long ago 3 echoes were there."
        )


def test_plain_data_of_words_holds_their_places() -> None:
    assert asdict(SMALL) == {
        "template": "Segment %(small)s is too small for a trustworthy mean.",
        "values": ({"name": "small", "text": "I (0.4 ml)", "words": None},),
    }
    assert Words("a").values == ()
