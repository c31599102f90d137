from __future__ import annotations

import ast
from dataclasses import asdict, replace

import pytest
from django.conf import settings
from django.utils import translation

from analysis.anatomy import REGIONS
from analysis.errors import AnalysisError, UnsupportedAcquisition, UnusableInput
from analysis.findings import Finding, Severity
from analysis.ingest.reading_plan import COMBINED_MAPS, SINGLE_ECHO
from analysis.ingest.reading_rules import IMAGE_RULES
from analysis.ingest.study_reader import BESIDE_DICOM, NESTED_ARCHIVE
from analysis.maps.two_point import METHOD as TWO_POINT
from analysis.maps.with_phase import COMPLEX_METHOD, MAGNITUDE_METHOD, MIXED_METHOD
from analysis.report import INTENDED_USE
from analysis.report_json import report_from_dict, report_to_dict
from analysis.segment_four import Division, Rule
from analysis.volume_norm import METHOD
from analysis.wording import Words, listed, words
from portal.reports.table_words import (
    FIT_WORDS,
    INTENDED_USE_WORDS,
    REASONS,
    REGION_NAMES,
    named_facts,
)
from portal.reports.verdict import NORM_FORMULA, build_findings
from portal.wording import said, said_as_stored, say
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


def test_every_error_of_a_run_is_made_of_words() -> None:
    """Bare English in an error would stay English on the page of the run that failed.

    Not in the tools of those who train and install models, which speak on a terminal.
    """
    bare = [
        f"{file}:{call.lineno}"
        for file, tree in modules(all_of_them=True)
        if not file.as_posix().startswith(ON_A_TERMINAL) and file.name != "__main__.py"
        for name in ERRORS
        for call in calls(tree, name)
        if is_bare(call)
    ]
    assert bare == []


ERRORS = [AnalysisError.__name__, *(error.__name__ for error in AnalysisError.__subclasses__())]
ON_A_TERMINAL = (
    "analysis/simulation/",
    "inference/training/",
    "inference/importers/",
    "inference/calibration.py",
    "inference/check_model.py",
    "inference/evaluate.py",
    "inference/nifti_images.py",
    "inference/packages.py",
    "inference/segment.py",
)


def is_bare(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant | ast.JoinedStr | ast.BinOp)


@pytest.mark.parametrize("message", ['"No images."', 'f"{n} images"', '"a" + b'])
def test_a_bare_error_is_seen(message: str) -> None:
    assert is_bare(next(calls(ast.parse(f'FitFailed({message}, code="c")'), "FitFailed")))


def test_what_the_portal_lists_for_the_catalogues_is_what_the_analysis_says() -> None:
    reasons = {reason for _, reason in IMAGE_RULES if "{" not in reason}
    said_there = {SINGLE_ECHO, COMBINED_MAPS, NESTED_ARCHIVE, BESIDE_DICOM, *reasons}
    assert said_there <= set(REASONS)
    assert {MAGNITUDE_METHOD, COMPLEX_METHOD, MIXED_METHOD, TWO_POINT, *Rule} <= set(FIT_WORDS)
    assert {region.name for region in REGIONS if " " in region.name} == set(REGION_NAMES)
    assert (NORM_FORMULA, INTENDED_USE_WORDS) == (METHOD, INTENDED_USE)


def test_a_method_that_holds_values_speaks_the_language_of_the_page() -> None:
    division = Division(None, None, "segment IV was not found").said
    with translation.override("de"):
        assert named_facts((("Segments IVa, IVb", division.text),), (division,)) == (
            ("Segmente IVa, IVb", "nicht gemessen: Segment IV wurde nicht gefunden"),
        )


def test_a_stored_failure_speaks_every_language_and_an_old_one_english() -> None:
    error = UnsupportedAcquisition(words("Echo %(n)s is empty.", n=2), code="c")
    with translation.override("de"):
        assert said_as_stored(error.message, asdict(error.words)) == error.message
        assert said_as_stored(REFUSED.message, asdict(REFUSED.words)) == (
            "Die Bilder gehören zu 2 verschiedenen Patienten; "
            "senden Sie einen Patienten auf einmal."
        )
        assert said_as_stored(REFUSED.message, {}) == REFUSED.message


REFUSED = UnusableInput(
    words(
        "The images belong to %(count)s different patients; send one patient at a time.", count=2
    ),
    code="mixed-patients",
)
