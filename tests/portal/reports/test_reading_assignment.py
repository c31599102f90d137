from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.services import create_user
from portal.audit.models import AuditEvent
from portal.notifications.models import Delivery
from portal.reports.models import Reading, ReadingCase
from portal.reports.readers import eligible
from portal.reports.reading_assignment import (
    AssignmentRefused,
    assign,
    next_position,
    open_case,
    withdraw,
)
from portal.reports.reading_bulk import assign_many
from portal.trials.models import Membership, Role
from portal.trials.services import add_member, create_site
from tests.portal.reports.conftest import Analysed
from tests.portal.reports.reading_world import World, build_world, case_of, read_and_sign


@pytest.fixture
def world(db: None, results: Analysed, tmp_path: Path) -> World:
    return build_world(results, tmp_path)


def test_a_report_opens_its_study_only_under_a_scheme(world: World) -> None:
    routine = world.report("KX-1")
    assert not ReadingCase.objects.exists()
    assert open_case(routine) is None
    scheme = world.scheme()
    report = world.report("KX-2")
    case = ReadingCase.objects.get()
    assert (case.study, case.report, case.scheme) == (report.study, report, scheme)
    assert open_case(report) == case


def test_a_study_keeps_the_scheme_it_began_with(world: World) -> None:
    case = world.case()
    world.scheme(pdff_points=9.0)
    again = open_case(case.report)
    assert again is not None
    assert again.scheme.version == 1


def test_a_place_is_given_once_and_to_two_people(world: World) -> None:
    case = world.case()
    first = world.give(case, "ron")
    with pytest.raises(AssignmentRefused, match="has not read it before"):
        world.give(case, "ron")
    second = world.give(case, "rita")
    assert (first.position, second.position, next_position(case)) == (1, 2, None)
    assert first.report != second.report
    assert first.code != second.code


@pytest.mark.parametrize("name", ["adam", "mia", "max", "ulf"])
def test_only_readers_read(world: World, name: str) -> None:
    with pytest.raises(AssignmentRefused, match="role Reader"):
        world.give(world.case(), name)


def test_who_sees_the_sites_is_not_given_a_study(world: World) -> None:
    """Written directly: the services refuse both, so only older rows can be like this."""
    case = world.case()
    Membership.objects.create(user=world.person("ron"), trial=world.trial, role=Role.MONITOR)
    User.objects.filter(pk=world.person("rita").pk).update(is_administrator=True)
    assert eligible(case, Role.READER) == []


def test_a_reader_of_another_site_is_not_given_a_study(world: World) -> None:
    other = create_site(world.trial, "Elsewhere", code="E")
    Membership.objects.filter(user=world.person("ron")).update(site=other)
    assert eligible(world.case(), Role.READER) == [world.person("rita")]


def test_the_reader_is_told_and_the_day_is_set(world: World) -> None:
    reading = world.give(world.case(due_days=10), "ron")
    assert reading.due_on == timezone.localdate() + timedelta(days=10)
    told = Delivery.objects.get(kind="reading-assigned")
    assert (told.user, told.path) == (world.person("ron"), f"/readings/{reading.pk}/")
    assert AuditEvent.objects.get(action="reading-assigned").new["reading"] == reading.code


def test_a_reading_is_taken_back_and_given_to_another(world: World) -> None:
    case = world.case()
    reading = world.give(case, "ron")
    mia = world.person("mia")
    with pytest.raises(AssignmentRefused, match="Say why"):
        withdraw(reading, " ", by=mia)
    withdraw(reading, "On holiday.", by=mia)
    with pytest.raises(AssignmentRefused, match="taken back already"):
        withdraw(reading, "Again.", by=mia)
    assert next_position(case) == 1
    with pytest.raises(AssignmentRefused, match="has not read it before"):
        world.give(case, "ron")
    assert world.give(case, "rita").position == 1


def test_a_signed_reading_is_not_taken_back(world: World) -> None:
    signed = read_and_sign(world.give(world.case(), "ron"))
    with pytest.raises(AssignmentRefused, match="stays as it is"):
        withdraw(signed, "Oh.", by=world.person("mia"))


def test_studies_go_to_those_with_least_to_do(world: World) -> None:
    third = create_user("rob@blinded.example", name="Rob")
    add_member(world.trial, third, Role.READER)
    world.scheme(assignment="automatic")
    for number in range(3):
        world.report(f"KX-{number}")
    loads = {
        person.name: Reading.objects.filter(reader=person).count()
        for person in (third, world.person("ron"), world.person("rita"))
    }
    assert loads == {"Rob": 2, "Ron": 2, "Rita": 2}
    assert {case.readings.count() for case in ReadingCase.objects.all()} == {2}


def test_disagreement_goes_to_an_adjudicator_by_itself(world: World) -> None:
    world.scheme(assignment="automatic")
    case = case_of(world.report())
    for reading, quality in zip(
        case.readings.order_by("position"), ("good", "limited"), strict=True
    ):
        read_and_sign(reading, quality=quality, note="Motion.")
    assert case.readings.get(position=Reading.ADJUDICATION).reader == world.person("adam")
    assert Delivery.objects.filter(kind="adjudication-needed", user=world.person("adam")).exists()


def test_many_studies_are_given_out_at_once(world: World) -> None:
    world.scheme()
    studies = [world.report(f"KX-{n}").study_id for n in range(3)]
    ron, mia = world.person("ron"), world.person("mia")
    outcome = assign_many(world.trial, studies, [ron], by=mia, due_on=date(2031, 9, 1))
    assert {(each.reader, each.due_on) for each in outcome.made} == {(ron, date(2031, 9, 1))}
    assert len(outcome.made) == 3
    assert {study for study, _ in outcome.refused} == {*studies}  # a second reader is missing
    rest = assign_many(world.trial, studies, by=mia)
    assert {each.reader for each in rest.made} == {world.person("rita")}
    assert rest.refused == ()
    assert len(assign_many(world.trial, studies, by=mia).refused) == 3


def test_what_is_no_study_of_the_trial_is_not_given_out(world: World) -> None:
    world.scheme()
    no_study = world.report().run_id
    outcome = assign_many(world.trial, [no_study], by=world.person("mia"))
    assert (outcome.made, outcome.refused) == ((), ())


def test_two_cannot_take_one_place(world: World) -> None:
    case = world.case()
    world.give(case, "ron")
    stale = ReadingCase.objects.get(pk=case.pk)
    world.give(case, "rita")
    with pytest.raises(AssignmentRefused, match="Nobody is missing"):
        assign(stale, world.person("adam"), by=world.person("mia"))
