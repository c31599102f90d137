from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit.models import AuditEvent
from portal.reports.adjudication import ReadValues, differences, settle
from portal.reports.models import Reading, ReadingCase, Signature
from portal.reports.reading_assignment import AssignmentRefused
from portal.reports.reading_services import (
    ReadingRefused,
    compared,
    decide,
    save_reading,
    sign_reading,
)
from portal.reports.signing import is_intact
from portal.trials.reading_schemes import SchemeRules
from tests.portal.reports.conftest import Analysed
from tests.portal.reports.reading_world import World, build_world, plant, read_and_sign

RULES = SchemeRules(
    readers=2, pdff_points=2.0, r2star_percent=20.0, grade_differs=True, quality_differs=True
)


def values(
    pdff: float | None = 12.0, r2star: float | None = 40.0, grade: str = "S1", quality: str = "good"
) -> ReadValues:
    return ReadValues(pdff, r2star, grade, quality)


@pytest.fixture
def world(db: None, results: Analysed, tmp_path: Path) -> World:
    return build_world(results, tmp_path)


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (values(), ()),
        (values(pdff=14.0), ()),  # the limit itself is agreement
        (values(pdff=14.01), ("pdff",)),
        (values(pdff=9.99), ("pdff",)),
        (values(pdff=None), ("pdff",)),
        (values(r2star=48.8), ()),
        (values(r2star=49.0), ("r2star",)),
        (values(grade="S2"), ("grade",)),
        (values(quality="limited"), ("quality",)),
        (values(20.0, 80.0, "S2", "limited"), ("pdff", "r2star", "grade", "quality")),
    ],
)
def test_readers_differ_by_the_limits_of_the_scheme(
    other: ReadValues, found: tuple[str, ...]
) -> None:
    assert differences(RULES, values(), other) == found


_VALUES = st.builds(
    ReadValues,
    st.none() | st.floats(0, 100),
    st.none() | st.floats(0, 2000),
    st.sampled_from(["", "S0", "S1"]),
    st.sampled_from(["good", "limited", "unusable"]),
)


@given(first=_VALUES, second=_VALUES)
def test_it_does_not_matter_who_read_first(first: ReadValues, second: ReadValues) -> None:
    assert differences(RULES, first, second) == differences(RULES, second, first)
    assert differences(RULES, first, first) == ()


@given(first=_VALUES, second=_VALUES)
def test_what_the_scheme_does_not_name_is_no_difference(
    first: ReadValues, second: ReadValues
) -> None:
    only_quality = SchemeRules(readers=2, quality_differs=True)
    assert set(differences(only_quality, first, second)) <= {"quality"}


def two_signed(world: World, first_pdff: float, second_pdff: float) -> tuple[Reading, Reading]:
    case = world.case()
    first = plant(world.give(case, "ron"), world, first_pdff, 45.0)
    second = plant(world.give(case, "rita"), world, second_pdff, 45.0)
    return read_and_sign(first), read_and_sign(second)


def test_the_first_of_two_that_agree_is_final(world: World) -> None:
    first, _second = two_signed(world, 12.0, 13.5)
    case = ReadingCase.objects.get(pk=first.case_id)
    assert case.final == first
    assert (case.decided_by, case.differences) == ("agreement", [])
    assert case.locked_at is not None
    assert AuditEvent.objects.filter(action="result-locked", object_id=str(case.pk)).exists()


def test_one_reader_alone_is_final(world: World) -> None:
    case = world.case(readers=1, pdff_points=None, r2star_percent=None, quality_differs=False)
    signed = read_and_sign(world.give(case, "rita"))
    case.refresh_from_db()
    assert (case.final, case.decided_by) == (signed, "one-reader")


def test_one_of_two_signatures_decides_nothing(world: World) -> None:
    case = world.case()
    read_and_sign(world.give(case, "ron"))
    case.refresh_from_db()
    assert (case.final, case.differences, case.locked_at) == (None, None, None)
    assert settle(case).locked_at is None


def test_the_adjudicator_takes_over_one_of_two_that_differ(world: World) -> None:
    first, second = two_signed(world, 12.0, 19.0)
    case = ReadingCase.objects.get(pk=first.case_id)
    assert (case.differences, case.locked_at) == (["pdff"], None)
    decision = world.give(case, "adam")
    save_reading(decision, "The second outline fits.", "good", by=decision.reader)
    with pytest.raises(ReadingRefused, match="Pick one of the two"):
        sign_reading(decision, by=decision.reader)
    decide(decision, second, by=decision.reader)
    signature = sign_reading(Reading.objects.get(pk=decision.pk), by=decision.reader)
    case.refresh_from_db()
    assert (case.final_id, case.decided_by) == (decision.pk, "adjudication")
    final = Reading.objects.get(pk=decision.pk)
    assert final.picked == second
    assert final.report.pdff_percent == second.report.pdff_percent == 19.0
    assert final.report.sha256 == second.report.sha256
    assert signature.meaning == Signature.Meaning.DECIDED
    assert is_intact(signature)


def test_the_adjudicator_may_read_anew(world: World) -> None:
    first, _ = two_signed(world, 12.0, 19.0)
    case = ReadingCase.objects.get(pk=first.case_id)
    decision = decide(world.give(case, "adam"), None, by=world.person("adam"))
    plant(decision, world, 15.5, 45.0)
    read_and_sign(decision, "Neither outline fits.")
    case.refresh_from_db()
    assert case.final is not None
    assert (case.final.picked, case.final.report.pdff_percent) == (None, 15.5)


def test_nobody_adjudicates_readers_who_agree_or_have_not_signed(world: World) -> None:
    case = world.case()
    world.give(case, "ron")
    with pytest.raises(AssignmentRefused, match="role Reader"):
        world.give(case, "adam")
    world.give(case, "rita")
    with pytest.raises(AssignmentRefused, match="Nobody is missing"):
        world.give(case, "adam")


def test_readers_do_not_decide(world: World) -> None:
    first, _ = two_signed(world, 12.0, 19.0)
    other = world.report("KX-2")
    case = ReadingCase.objects.get(study=other.study)
    with pytest.raises(ReadingRefused, match="Only the adjudicator"):
        decide(world.give(case, "ron"), first, by=world.person("ron"))


def test_the_order_of_the_two_says_nothing_about_who_read_first(world: World) -> None:
    firsts = set()
    for number in range(12):
        case = case_with_two(world, f"KX-{number}")
        firsts.add(compared(case)[0].position)
    assert firsts == {1, 2}


def case_with_two(world: World, subject: str) -> ReadingCase:
    """Return a study read by two, without the work of signing."""
    if not world.trial.reading_schemes.exists():
        world.scheme()
    report = world.report(subject)
    case = ReadingCase.objects.get(study=report.study)
    for name in ("ron", "rita"):
        reading = world.give(case, name)
        Reading.objects.filter(pk=reading.pk).update(signed_at=reading.assigned_at)
    return case
