from __future__ import annotations

import pytest
from django.http import Http404

from portal.trials.models import Role
from portal.trials.selectors import (
    managed_trial_for,
    site_for,
    sites_for,
    subjects_for,
    trial_for,
    trials_for,
)
from portal.trials.services import add_member, subject_at
from tests.portal.conftest import Cast


@pytest.mark.parametrize(
    ("name", "sites"),
    [
        ("rosa", {"N", "S"}),
        ("mona", {"N", "S"}),
        ("tom", {"N", "S"}),
        ("uma", {"N"}),
        ("uwe", {"S"}),
        ("ada", {"N", "S", "E"}),
        ("sam", {"E"}),
        ("nobody", set()),
    ],
)
def test_who_sees_which_sites(cast: Cast, name: str, sites: set[str]) -> None:
    assert set(sites_for(cast.people[name]).values_list("code", flat=True)) == sites


def test_a_role_narrows_the_sites(cast: Cast) -> None:
    add_member(cast.trial, cast.rosa, Role.UPLOADER, site=cast.south)
    found = sites_for(cast.rosa, (Role.UPLOADER,))
    assert [*found] == [cast.south]


def test_a_closed_account_sees_nothing(cast: Cast) -> None:
    cast.ada.is_active = False
    assert not sites_for(cast.ada).exists()
    assert not trials_for(cast.ada).exists()


def test_what_one_may_not_see_is_not_found(cast: Cast) -> None:
    assert site_for(cast.uma, cast.north.pk) == cast.north
    assert trial_for(cast.uma, cast.trial.pk) == cast.trial
    for fetch, key in ((site_for, cast.south.pk), (trial_for, cast.elsewhere.trial_id)):
        with pytest.raises(Http404):
            fetch(cast.uma, key)


def test_only_who_manages_all_of_a_trial_fetches_it_for_change(cast: Cast) -> None:
    assert managed_trial_for(cast.tom, cast.trial.pk) == cast.trial
    assert managed_trial_for(cast.ada, cast.trial.pk) == cast.trial
    for name in ("rosa", "uma", "sam", "nobody"):
        with pytest.raises(Http404):
            managed_trial_for(cast.people[name], cast.trial.pk)


def test_site_staff_see_their_own_subjects_only(cast: Cast) -> None:
    subject_at(cast.north, "S-001")
    subject_at(cast.south, "S-002")
    assert [subject.code for subject in subjects_for(cast.uma)] == ["S-001"]
    assert subjects_for(cast.rosa).count() == 2
    assert not subjects_for(cast.sam).exists()
