from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from portal.accounts.invitations import InvitationRefused, accept, invite, withdraw
from portal.accounts.models import Invitation, User
from portal.audit.models import AuditEvent
from portal.errors import PortalError
from portal.trials.models import Membership, Role
from portal.trials.schemes import set_scheme
from portal.trials.selectors import invited_to
from portal.trials.services import accept_invitation, invite_member
from tests.portal.conftest import Cast

PASSWORD = "correct horse battery staple"
ANSWER = {"name": "Nina", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def secret(
    cast: Cast,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> str:
    with django_capture_on_commit_callbacks(execute=True):
        invite_member("Nina@example.org", cast.trial, Role.UPLOADER, by=cast.tom, site=cast.south)
    found = re.search(r"/trials/invitations/([\w-]+)/", str(mailoutbox[0].body))
    assert found
    return found[1]


def test_the_mail_names_who_invites_and_carries_the_only_copy_of_the_link(
    secret: str, mailoutbox: list[EmailMessage]
) -> None:
    assert mailoutbox[0].to == ["nina@example.org"]
    assert "Tom invites you to Lobule" in str(mailoutbox[0].body)
    assert secret not in str([*Invitation.objects.values_list("secret_hash", flat=True)])


def test_accepting_makes_the_account_and_the_membership_and_signs_in(
    cast: Cast, secret: str
) -> None:
    client = Client()
    assert client.get(f"/trials/invitations/{secret}/").status_code == 200
    assert client.post(f"/trials/invitations/{secret}/", ANSWER)["Location"] == "/"
    nina = User.objects.get(email="nina@example.org")
    assert client.get("/api/v1/me/").json()["id"] == str(nina.pk)
    membership = Membership.objects.get(user=nina)
    assert (membership.trial, membership.site, membership.role) == (
        cast.trial,
        cast.south,
        Role.UPLOADER,
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"again": "something else"}, "not the same"),
        ({"password": "short", "again": "short"}, "too short"),
        ({"name": ""}, "required"),
    ],
)
def test_a_wrong_answer_is_explained(secret: str, change: dict[str, str], says: str) -> None:
    answer = Client().post(f"/trials/invitations/{secret}/", ANSWER | change)
    assert says in answer.content.decode()
    assert not User.objects.filter(email="nina@example.org").exists()


def test_a_link_works_once(secret: str) -> None:
    Client().post(f"/trials/invitations/{secret}/", ANSWER)
    answer = Client().get(f"/trials/invitations/{secret}/")
    assert answer.status_code == 410
    assert "ask for a new one" in answer.content.decode()


def test_an_expired_withdrawn_or_invented_link_is_refused(secret: str) -> None:
    assert Client().get("/trials/invitations/guess/").status_code == 410
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(InvitationRefused, match="expired"):
        accept(secret, name="Nina", password=PASSWORD)


def test_a_second_invitation_replaces_the_first(cast: Cast, secret: str) -> None:
    invite("nina@example.org", by=cast.ada)
    assert Client().get(f"/trials/invitations/{secret}/").status_code == 410


def test_someone_with_an_account_is_added_at_once(cast: Cast) -> None:
    membership = invite_member("SAM@example.org", cast.trial, Role.READER, by=cast.tom)
    assert isinstance(membership, Membership)
    assert membership.user == cast.sam
    with pytest.raises(PortalError, match="has an account already"):
        invite("sam@example.org", by=cast.ada)


def link_in(message: EmailMessage) -> str:
    found = re.search(r"/trials/invitations/([\w-]+)/", str(message.body))
    assert found
    return found[1]


def test_a_newer_link_keeps_what_the_older_one_promised(
    cast: Cast,
    secret: str,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    other = cast.elsewhere.trial
    with django_capture_on_commit_callbacks(execute=True):
        invite_member("nina@example.org", other, Role.MONITOR, by=cast.sam)
        invite("nina@example.org", by=cast.ada)
    assert [each.invitation.email for each in invited_to(cast.trial)] == ["nina@example.org"]
    old = Client().get(f"/trials/invitations/{secret}/")
    assert old.status_code == 410
    user = accept_invitation(link_in(mailoutbox[-1]), name="Nina", password=PASSWORD)
    held = Membership.objects.filter(user=user).values_list("trial", "role")
    assert {*held} == {(cast.trial.pk, Role.UPLOADER), (other.pk, Role.MONITOR)}
    by = AuditEvent.objects.filter(action="member-added", trial_id=str(cast.trial.pk))
    assert by.latest("sequence").actor == "tom@example.org"
    assert not invited_to(cast.trial).exists()


def test_what_was_withdrawn_is_not_promised_any_more(
    cast: Cast,
    secret: str,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    withdraw(Invitation.objects.get(), by=cast.ada)
    with django_capture_on_commit_callbacks(execute=True):
        invite("nina@example.org", by=cast.ada)
    user = accept_invitation(link_in(mailoutbox[-1]), name="Nina", password=PASSWORD)
    assert not Membership.objects.filter(user=user).exists()
    assert not invited_to(cast.trial).exists()


def test_a_promise_that_would_unblind_a_reader_is_not_kept_and_on_record(
    cast: Cast,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    set_scheme(cast.trial, {}, by=cast.tom)
    with django_capture_on_commit_callbacks(execute=True):
        invite_member("nina@example.org", cast.trial, Role.READER, by=cast.tom)
        invite_member("nina@example.org", cast.trial, Role.MONITOR, by=cast.tom)
    user = accept_invitation(link_in(mailoutbox[-1]), name="Nina", password=PASSWORD)
    assert Membership.objects.get(user=user).role == Role.READER
    event = AuditEvent.objects.get(action="promised-role-refused")
    assert event.old == {"user": "nina@example.org", "role": "monitor"}
