from __future__ import annotations

import re

import pytest
from django.core.mail import EmailMessage
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from portal.accounts.models import Invitation
from portal.accounts.services import change_user
from portal.audit.models import AuditEvent
from portal.trials.models import InvitedMembership, Membership, Role
from portal.trials.services import accept_invitation, add_member, invite_member
from tests.portal.conftest import Cast


def program(cast: Cast, name: str) -> APIClient:
    client = APIClient()
    client.force_login(cast.people[name])  # type: ignore[arg-type]  # everyone here signs in
    return client


def members(cast: Cast) -> str:
    return f"/api/v1/trials/{cast.trial.pk}/members/"


def test_people_are_listed_and_filtered(cast: Cast) -> None:
    mona = program(cast, "mona")
    assert mona.get(members(cast)).json()["count"] == 5
    (uwe,) = mona.get(f"{members(cast)}?role=uploader&site={cast.south.pk}").json()["results"]
    assert (uwe["email"], uwe["site"]) == ("uwe@example.org", str(cast.south.pk))
    assert mona.get(f"{members(cast)}?role=emperor").json()["code"] == "invalid"


def test_a_manager_of_one_site_does_not_see_the_people_of_the_trial(cast: Cast) -> None:
    add_member(cast.trial, cast.uwe, Role.MANAGER, site=cast.south)
    assert program(cast, "uwe").get(members(cast)).status_code == 404


def test_someone_with_an_account_is_added_at_once(cast: Cast) -> None:
    wanted = {"email": "sam@example.org", "role": "uploader", "site": str(cast.north.pk)}
    made = program(cast, "tom").post(members(cast), wanted, format="json")
    assert (made.status_code, made.json()["is_invited"]) == (201, False)
    one = Membership.objects.get(pk=made.json()["membership"])
    assert (one.user, one.site) == (cast.sam, cast.north)
    event = AuditEvent.objects.filter(action="member-added").latest("sequence")
    assert event.new == {"user": "sam@example.org", "role": "uploader", "site": "N"}


def test_someone_without_an_account_is_invited_and_listed_until_then(cast: Cast) -> None:
    wanted = {"email": "new@example.org", "role": "reader"}
    made = program(cast, "tom").post(members(cast), wanted, format="json").json()
    assert made == {"is_invited": True, "membership": None}
    path = f"/api/v1/trials/{cast.trial.pk}/invited/"
    (waiting,) = program(cast, "tom").get(path).json()["results"]
    assert (waiting["email"], waiting["role"], waiting["site"]) == (
        "new@example.org",
        "reader",
        None,
    )
    assert program(cast, "mona").get(path).status_code == 404


def test_a_site_of_another_trial_is_not_found(cast: Cast) -> None:
    wanted = {"email": "sam@example.org", "role": "uploader", "site": str(cast.elsewhere.pk)}
    answer = program(cast, "tom").post(members(cast), wanted, format="json")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("how", ["page", "program"])
def test_a_closed_account_is_neither_added_nor_invited(cast: Cast, how: str) -> None:
    change_user(cast.sam, by=cast.ada, is_active=False)
    wanted = {"email": "sam@example.org", "role": "reader"}
    tom = program(cast, "tom")
    if how == "program":
        answer = tom.post(members(cast), wanted, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "account-exists")
    else:
        tom.post(f"/trials/{cast.trial.pk}/members/", wanted)
        page = tom.get(f"/trials/{cast.trial.pk}/").content.decode()
        assert "has an account already" in page
    assert not Invitation.objects.exists()


def test_a_role_is_taken_away_once(cast: Cast) -> None:
    held = Membership.objects.get(user=cast.uwe)
    tom = program(cast, "tom")
    assert tom.delete(f"{members(cast)}{held.pk}/").status_code == 204
    assert tom.delete(f"{members(cast)}{held.pk}/").status_code == 404
    event = AuditEvent.objects.get(action="member-removed")
    assert (event.old["user"], event.old["role"]) == ("uwe@example.org", "uploader")


def test_a_role_in_another_trial_is_not_taken_away(cast: Cast) -> None:
    held = Membership.objects.filter(user=cast.sam).first()
    assert held is not None
    assert program(cast, "tom").delete(f"{members(cast)}{held.pk}/").status_code == 404


@pytest.mark.parametrize("how", ["page", "program"])
def test_a_promised_role_is_withdrawn_on_record(
    cast: Cast,
    how: str,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        invite_member("new@example.org", cast.trial, Role.READER, by=cast.tom)
    promised = InvitedMembership.objects.get()
    path = f"/trials/{cast.trial.pk}/invited/{promised.pk}/"
    tom = program(cast, "tom")
    if how == "page":
        assert f"{path}withdraw/" in tom.get(f"/trials/{cast.trial.pk}/").content.decode()
        assert tom.post(f"{path}withdraw/").status_code == 302
        assert tom.post(f"{path}withdraw/").status_code == 404
    else:
        (listed,) = tom.get(f"/api/v1/trials/{cast.trial.pk}/invited/").json()["results"]
        assert listed["id"] == promised.pk
        assert tom.delete(f"/api/v1{path}").status_code == 204
        assert tom.delete(f"/api/v1{path}").status_code == 404
    event = AuditEvent.objects.get(action="promised-role-withdrawn")
    assert event.old == {"user": "new@example.org", "role": "reader", "site": None}
    assert event.trial_id == str(cast.trial.pk)
    secret = re.search(r"/trials/invitations/([\w-]+)/", str(mailoutbox[0].body))
    assert secret is not None
    user = accept_invitation(secret[1], name="New", password="correct horse battery liver")
    assert not user.memberships.exists()


def test_a_promise_of_another_trial_is_not_withdrawn(cast: Cast) -> None:
    elsewhere = cast.elsewhere.trial
    invite_member("new@example.org", elsewhere, Role.READER, by=cast.ada)
    promised = InvitedMembership.objects.get()
    path = f"/api/v1/trials/{cast.trial.pk}/invited/{promised.pk}/"
    assert program(cast, "tom").delete(path).status_code == 404
    assert InvitedMembership.objects.exists()
