from __future__ import annotations

import pytest

from portal.trials.audit_page import audit_page, events_for
from portal.trials.models import Role
from portal.trials.services import add_member, subject_at
from tests.portal.conftest import Cast


@pytest.mark.parametrize("name", ["mona", "tom"])
def test_managers_and_monitors_see_what_was_done_in_their_trials(cast: Cast, name: str) -> None:
    subject_at(cast.north, "S-001", by=cast.uma)
    events = events_for(getattr(cast, name))
    assert events[0].action == "subject-created"
    assert {event.trial_id for event in events} == {str(cast.trial.pk)}


@pytest.mark.parametrize("name", ["rosa", "uma"])
def test_others_see_nothing(cast: Cast, name: str) -> None:
    assert not events_for(getattr(cast, name)).exists()


def test_a_role_at_one_site_does_not_open_the_trail_of_the_trial(cast: Cast) -> None:
    add_member(cast.trial, cast.uwe, Role.MONITOR, site=cast.south)
    assert not events_for(cast.uwe).exists()


def test_an_administrator_sees_all_of_it(cast: Cast) -> None:
    trials = {event.trial_id for event in events_for(cast.ada)}
    assert trials >= {"", str(cast.trial.pk), str(cast.elsewhere.trial_id)}


def test_a_page_that_does_not_exist_is_the_nearest(cast: Cast) -> None:
    assert audit_page(cast.ada, "999").events.number == 1
    assert audit_page(cast.ada, "x").events.number == 1


def test_the_page_shows_the_trail(cast: Cast, client: object) -> None:
    client.force_login(cast.mona)  # type: ignore[attr-defined]  # pytest-django's client
    answer = client.get("/trials/audit/")  # type: ignore[attr-defined]  # as above
    assert "trial-created" in answer.content.decode()
