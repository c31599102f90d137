from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from portal.audit.models import AuditEvent
from portal.errors import PortalError
from portal.trials.models import Membership, Role, Subject, Visit
from portal.trials.services import (
    add_member,
    create_site,
    create_trial,
    remove_member,
    subject_at,
    visit_of,
)
from tests.portal.conftest import Cast


def test_a_trial_gets_an_address_from_its_name(db: None) -> None:
    assert create_trial("Iron & fat").slug == "iron-fat"
    with pytest.raises(PortalError, match="no other trial has"):
        create_trial("Iron & fat")


def test_a_site_code_is_used_once_a_trial(cast: Cast) -> None:
    with pytest.raises(PortalError, match="has this code"):
        create_site(cast.trial, "Another north", code="N")
    assert create_site(cast.elsewhere.trial, "North", code="N").code == "N"


def test_the_same_membership_twice_is_one(cast: Cast) -> None:
    first = add_member(cast.trial, cast.rosa, Role.READER)
    assert add_member(cast.trial, cast.rosa, Role.READER) == first
    assert Membership.objects.filter(user=cast.rosa).count() == 1


def test_a_membership_cannot_join_a_site_of_another_trial(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="another trial"):
        add_member(cast.trial, cast.rosa, Role.READER, site=cast.elsewhere)


def test_membership_is_on_record(cast: Cast) -> None:
    remove_member(Membership.objects.get(user=cast.uma), by=cast.tom)
    event = AuditEvent.objects.get(action="member-removed")
    assert (event.actor, event.old["user"]) == (cast.tom.email, cast.uma.email)
    assert event.trial_id == str(cast.trial.pk)


def test_subjects_and_visits_are_made_once(cast: Cast) -> None:
    subject = subject_at(cast.north, "S-001")
    assert subject_at(cast.north, "S-001") == subject
    assert subject_at(cast.south, "S-001") != subject
    assert visit_of(subject, "Baseline") == visit_of(subject, "Baseline")
    assert (Subject.objects.count(), Visit.objects.count()) == (2, 1)
