from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from portal.accounts.invitations import InvitationRefused, accept, invite
from portal.accounts.models import Invitation, User
from portal.errors import PortalError
from portal.trials.models import Membership, Role
from portal.trials.services import invite_member
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
