from __future__ import annotations

import pytest

from portal.accounts.models import User
from portal.accounts.services import change_user
from portal.audit.models import AuditEvent
from portal.trials.models import Membership, ReadingScheme, Role
from portal.trials.reading_schemes import SchemeRefused
from portal.trials.schemes import set_scheme
from portal.trials.selectors import (
    scheme_of,
    sites_for,
    subjects_for,
    trials_for,
    visits_for,
)
from portal.trials.services import add_member, subject_at, visit_of
from tests.portal.conftest import Cast

TWO = {"readers": 2, "pdff_points": 2.0}


def test_each_change_is_a_version_that_says_why(cast: Cast) -> None:
    first = set_scheme(cast.trial, {}, by=cast.tom)
    with pytest.raises(SchemeRefused, match="Say why"):
        set_scheme(cast.trial, TWO, by=cast.tom)
    second = set_scheme(cast.trial, TWO, reason="Protocol amendment 1", by=cast.tom)
    assert scheme_of(cast.trial) == second
    assert (first.version, second.version) == (1, 2)
    assert ReadingScheme.objects.get(version=1).rules["readers"] == 1
    event = AuditEvent.objects.filter(action="reading-scheme-changed").order_by("sequence").last()
    assert event is not None
    assert (event.old["rules"]["readers"], event.new["rules"]["readers"]) == (1, 2)
    assert event.new["reason"] == "Protocol amendment 1"


def test_a_scheme_closes_the_trial_to_its_readers_and_to_them_only(cast: Cast) -> None:
    visit = visit_of(subject_at(cast.north, "S-1"), "Baseline")
    assert visits_for(cast.rosa).get() == visit
    set_scheme(cast.trial, {}, by=cast.tom)
    for found in (sites_for, trials_for, subjects_for, visits_for):
        assert not found(cast.rosa).exists()
    for person in (cast.tom, cast.mona, cast.uma, cast.ada):
        assert visits_for(person).get() == visit


def test_an_adjudicator_sees_no_trial_even_without_a_scheme(cast: Cast) -> None:
    Membership.objects.filter(user=cast.rosa).update(role=Role.ADJUDICATOR)
    assert not sites_for(cast.rosa).exists()
    assert not trials_for(cast.rosa).exists()


@pytest.mark.parametrize("role", [Role.MANAGER, Role.UPLOADER, Role.MONITOR])
def test_who_reads_blinded_gets_no_role_that_shows_the_sites(cast: Cast, role: Role) -> None:
    set_scheme(cast.trial, {}, by=cast.tom)
    with pytest.raises(SchemeRefused, match="Rosa cannot both read"):
        add_member(cast.trial, cast.rosa, role)
    assert not Membership.objects.filter(user=cast.rosa).exclude(role=Role.READER).exists()


@pytest.mark.parametrize("name", ["tom", "uma", "mona", "ada"])
def test_who_sees_the_sites_does_not_become_a_reader(cast: Cast, name: str) -> None:
    set_scheme(cast.trial, {}, by=cast.tom)
    with pytest.raises(SchemeRefused, match="cannot both read"):
        add_member(cast.trial, getattr(cast, name), Role.READER)


def test_a_reader_may_adjudicate_other_studies(cast: Cast) -> None:
    set_scheme(cast.trial, {}, by=cast.tom)
    add_member(cast.trial, cast.rosa, Role.ADJUDICATOR)
    assert not sites_for(cast.rosa).exists()


def test_a_scheme_is_refused_while_someone_reads_and_manages(cast: Cast) -> None:
    add_member(cast.trial, cast.rosa, Role.MANAGER)
    with pytest.raises(SchemeRefused, match="Rosa would see") as refused:
        set_scheme(cast.trial, {}, by=cast.tom)
    assert refused.value.details == {"people": ["Rosa"]}
    assert scheme_of(cast.trial) is None


def test_who_reads_blinded_is_not_made_an_administrator(cast: Cast) -> None:
    set_scheme(cast.trial, {}, by=cast.tom)
    with pytest.raises(SchemeRefused, match="reads blinded in Fatty liver"):
        change_user(cast.rosa, by=cast.ada, is_administrator=True)
    assert not User.objects.get(pk=cast.rosa.pk).is_administrator
    change_user(cast.rosa, by=cast.ada, name="Rosa Luz")  # other changes are free
    change_user(cast.uma, by=cast.ada, is_administrator=True)  # and so is who does not read
