from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.test import Client

from portal.accounts.invitations import invite
from portal.accounts.models import ApiToken, Invitation, User
from portal.accounts.services import create_token
from portal.audit.models import AuditEvent
from tests.portal.conftest import Cast

BASE = "/administration/"


@pytest.fixture
def ada(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.ada)
    return client


def test_everybody_with_an_account_is_listed(ada: Client) -> None:
    page = ada.get(BASE).content.decode()
    for name in ("rosa", "uma", "sam"):
        assert f"{name}@example.org" in page


def test_an_administrator_invites(ada: Client) -> None:
    ada.post(f"{BASE}invitations/", {"email": "new@example.org", "is_administrator": "on"})
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.is_administrator) == ("new@example.org", True)
    assert "new@example.org" in ada.get(BASE).content.decode()


def test_a_wrong_address_is_explained(ada: Client) -> None:
    answer = ada.post(f"{BASE}invitations/", {"email": "nonsense"})
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()


def test_someone_who_has_an_account_is_not_invited_again(ada: Client) -> None:
    answer = ada.post(f"{BASE}invitations/", {"email": "sam@example.org"}, follow=True)
    assert "has an account already" in answer.content.decode()
    assert not Invitation.objects.exists()


def test_an_account_is_closed_and_opened_again(ada: Client, cast: Cast) -> None:
    path = f"{BASE}people/{cast.sam.pk}/change/"
    ada.post(path, {"name": "Sam"})
    assert not User.objects.get(pk=cast.sam.pk).is_active
    ada.post(path, {"name": "Sam", "is_active": "on"})
    assert User.objects.get(pk=cast.sam.pk).is_active


@pytest.mark.parametrize("values", [{}, {"name": ""}, {"name": "x" * 151, "is_active": "on"}])
def test_an_incomplete_change_is_explained_and_changes_nothing(
    ada: Client, cast: Cast, values: dict[str, str]
) -> None:
    answer = ada.post(f"{BASE}people/{cast.sam.pk}/change/", values)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Nothing was changed" in text
    assert "errorlist" in text
    sam = User.objects.get(pk=cast.sam.pk)
    assert (sam.name, sam.is_active) == ("Sam", True)
    assert not AuditEvent.objects.filter(action="user-changed").exists()


def test_an_account_without_a_name_is_closed_all_the_same(ada: Client, cast: Cast) -> None:
    User.objects.filter(pk=cast.sam.pk).update(name="")
    ada.post(f"{BASE}people/{cast.sam.pk}/change/", {})
    assert not User.objects.get(pk=cast.sam.pk).is_active


def test_the_last_administrator_is_told_to_name_another(ada: Client, cast: Cast) -> None:
    answer = ada.post(
        f"{BASE}people/{cast.ada.pk}/change/", {"name": "Ada", "is_active": "on"}, follow=True
    )
    assert "last administrator" in answer.content.decode()
    assert User.objects.get(pk=cast.ada.pk).is_administrator


@pytest.mark.parametrize("name", ["rosa", "tom", "sam"])
def test_nobody_else_administrates(cast: Cast, name: str) -> None:
    client = Client()
    client.force_login(getattr(cast, name))
    assert client.get(BASE).status_code == 403
    assert client.post(f"{BASE}invitations/", {"email": "x@example.org"}).status_code == 403
    assert client.post(f"{BASE}people/{cast.ada.pk}/change/", {}).status_code == 403


def test_people_are_found_and_shown_with_their_roles(ada: Client) -> None:
    page = ada.get(BASE, {"search": "uma"}).content.decode()
    assert "Uploader in Fatty liver, N" in page
    assert "rosa@example.org" not in page


def test_an_invitation_is_withdrawn_once(ada: Client, cast: Cast) -> None:
    invitation = invite("new@example.org", by=cast.ada)
    path = f"{BASE}invitations/{invitation.pk}/withdraw/"
    assert "was withdrawn" in ada.post(path, follow=True).content.decode()
    assert "used or withdrawn" in ada.post(path, follow=True).content.decode()
    assert AuditEvent.objects.filter(action="invitation-withdrawn").count() == 1


PASSWORD = "correct horse battery staple"


def signed_in_as(user: User) -> Client:
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert client.get("/api/v1/me/").status_code == 200
    return client


def test_a_lost_second_factor_is_reset_and_its_holder_signed_out(ada: Client, cast: Cast) -> None:
    rosa = signed_in_as(cast.rosa)
    TOTP.activate(cast.rosa, generate_totp_secret())
    assert "Reset the second factor" in ada.get(f"{BASE}people/{cast.rosa.pk}/").content.decode()
    ada.post(f"{BASE}people/{cast.rosa.pk}/second-factor/")
    assert not Authenticator.objects.filter(user=cast.rosa).exists()
    assert rosa.get("/api/v1/me/").status_code == 401
    event = AuditEvent.objects.get(action="second-factor-reset")
    assert (event.actor, event.old) == (cast.ada.email, {"types": ["totp"]})


def test_nobody_resets_their_own_second_factor(ada: Client, cast: Cast) -> None:
    TOTP.activate(cast.ada, generate_totp_secret())
    answer = ada.post(f"{BASE}people/{cast.ada.pk}/second-factor/", follow=True)
    assert "Ask another administrator" in answer.content.decode()
    assert Authenticator.objects.filter(user=cast.ada).exists()


def test_a_person_is_signed_out_everywhere(ada: Client, cast: Cast) -> None:
    first = signed_in_as(cast.rosa)
    second = Client()
    second.post("/accounts/login/", {"login": cast.rosa.email, "password": PASSWORD})
    ada.post(f"{BASE}people/{cast.rosa.pk}/sign-out/")
    assert [each.get("/api/v1/me/").status_code for each in (first, second)] == [401, 401]
    event = AuditEvent.objects.get(action="signed-out-everywhere")
    assert event.old == {"sessions": 2}


def test_one_session_is_ended_and_the_other_stays(ada: Client, cast: Cast) -> None:
    first = signed_in_as(cast.rosa)
    second = Client()
    second.post("/accounts/login/", {"login": cast.rosa.email, "password": PASSWORD})
    session = UserSession.objects.get(session_key=first.session.session_key)
    ada.post(f"{BASE}people/{cast.rosa.pk}/sessions/{session.pk}/end/")
    assert first.get("/api/v1/me/").status_code == 401
    assert second.get("/api/v1/me/").status_code == 200


def test_the_session_of_another_person_is_not_found(ada: Client, cast: Cast) -> None:
    signed_in_as(cast.rosa)
    session = UserSession.objects.get(user=cast.rosa)
    path = f"{BASE}people/{cast.uma.pk}/sessions/{session.pk}/end/"
    assert ada.post(path).status_code == 404


def test_a_key_is_withdrawn(ada: Client, cast: Cast) -> None:
    token, _ = create_token(cast.uma, "notebook")
    assert "notebook" in ada.get(f"{BASE}people/{cast.uma.pk}/").content.decode()
    ada.post(f"{BASE}people/{cast.uma.pk}/tokens/{token.pk}/withdraw/")
    assert not ApiToken.objects.exists()
