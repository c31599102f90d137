from __future__ import annotations

from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from rest_framework.test import APIClient

from portal.accounts.models import ApiToken, Invitation, User
from portal.accounts.services import create_token
from portal.audit.models import AuditEvent
from tests.portal.conftest import Cast

API = "/api/v1/"
PASSWORD = "correct horse battery staple"  # noqa: S105  # of an account of this test


@pytest.fixture
def ada(cast: Cast) -> APIClient:
    client = APIClient()
    client.force_login(cast.ada)
    return client


@pytest.fixture
def key_of_ada(cast: Cast) -> APIClient:
    _, key = create_token(cast.ada, "script", scope="write")
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {key}")


def signed_in_as(user: User) -> Client:
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert client.get(f"{API}me/").status_code == 200
    return client


def test_an_address_is_invited_once_though_the_request_is_sent_twice(
    ada: APIClient, django_capture_on_commit_callbacks: object
) -> None:
    wanted = {"email": "New@example.org"}
    for replayed in (None, "true"):
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            answer = ada.post(f"{API}invitations/", wanted, format="json", HTTP_IDEMPOTENCY_KEY="1")
        assert (answer.status_code, answer.headers.get("Idempotent-Replayed")) == (201, replayed)
    assert len(mail.outbox) == 1
    (listed,) = ada.get(f"{API}invitations/").json()["results"]
    assert (listed["email"], listed["invited_by"]) == ("new@example.org", "ada@example.org")
    assert AuditEvent.objects.get(action="invitation-sent").new["email"] == "new@example.org"


def test_a_withdrawn_invitation_is_gone_and_on_record(ada: APIClient) -> None:
    made = ada.post(f"{API}invitations/", {"email": "new@example.org"}, format="json").json()
    path = f"{API}invitations/{made['id']}/"
    assert ada.get(path).json()["email"] == "new@example.org"
    assert ada.delete(path).status_code == 204
    assert ada.delete(path).status_code == 404
    assert ada.get(f"{API}invitations/").json()["count"] == 0
    event = AuditEvent.objects.get(action="invitation-withdrawn")
    assert (event.actor, event.old) == ("ada@example.org", {"email": "new@example.org"})


def test_someone_who_has_an_account_is_not_invited(ada: APIClient) -> None:
    answer = ada.post(f"{API}invitations/", {"email": "sam@example.org"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "account-exists")


def test_a_key_for_programs_makes_no_administrator(key_of_ada: APIClient, cast: Cast) -> None:
    wanted = {"email": "new@example.org", "is_administrator": True}
    refused = key_of_ada.post(f"{API}invitations/", wanted, format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied")
    path = f"{API}users/{cast.sam.pk}/"
    assert key_of_ada.patch(path, {"is_administrator": True}, format="json").status_code == 403
    assert not User.objects.get(pk=cast.sam.pk).is_administrator
    assert not Invitation.objects.exists()
    plain = key_of_ada.post(f"{API}invitations/", wanted | {"is_administrator": False})
    assert plain.status_code == 415  # the API takes JSON only
    assert (
        key_of_ada.post(
            f"{API}invitations/", wanted | {"is_administrator": False}, format="json"
        ).status_code
        == 201
    )


def test_the_roles_of_a_person_are_listed_with_their_trials(ada: APIClient, cast: Cast) -> None:
    (held,) = ada.get(f"{API}users/{cast.uma.pk}/memberships/").json()["results"]
    assert (held["trial_name"], held["role"]) == ("Fatty liver", "uploader")
    assert held["site"] == str(cast.north.pk)
    assert ada.get(f"{API}users/{uuid4()}/memberships/").status_code == 404


def test_one_session_is_ended_then_all(ada: APIClient, cast: Cast) -> None:
    first, second = signed_in_as(cast.rosa), Client()
    second.post("/accounts/login/", {"login": cast.rosa.email, "password": PASSWORD})
    path = f"{API}users/{cast.rosa.pk}/sessions/"
    rows = ada.get(path).json()
    assert len(rows) == 2
    assert all("session_key" not in row for row in rows)
    one = UserSession.objects.get(session_key=first.session.session_key)
    assert ada.delete(f"{API}users/{cast.uma.pk}/sessions/{one.pk}/").status_code == 404
    assert ada.delete(f"{path}{one.pk}/").status_code == 204
    assert [each.get(f"{API}me/").status_code for each in (first, second)] == [401, 200]
    assert ada.delete(path).status_code == 204
    assert second.get(f"{API}me/").status_code == 401
    assert AuditEvent.objects.get(action="signed-out-everywhere").old == {"sessions": 1}
    assert AuditEvent.objects.filter(action="session-ended").count() == 1


def test_a_number_too_large_for_a_session_is_not_found(ada: APIClient, cast: Cast) -> None:
    path = f"{API}users/{cast.rosa.pk}/sessions/{'9' * 30}/"
    assert ada.delete(path).status_code == 404


def test_a_key_of_a_person_is_withdrawn(ada: APIClient, cast: Cast) -> None:
    token, key = create_token(cast.uma, "notebook")
    path = f"{API}users/{cast.uma.pk}/tokens/"
    (listed,) = ada.get(path).json()["results"]
    assert listed["name"] == "notebook"
    assert key not in str(listed)
    assert ada.delete(f"{API}users/{cast.rosa.pk}/tokens/{token.pk}/").status_code == 404
    assert ada.delete(f"{path}{token.pk}/").status_code == 204
    assert not ApiToken.objects.filter(user=cast.uma).exists()
    assert AuditEvent.objects.get(action="token-deleted").old["name"] == "notebook"


def test_a_second_factor_is_reset_at_a_browser_only(
    ada: APIClient, key_of_ada: APIClient, cast: Cast
) -> None:
    rosa = signed_in_as(cast.rosa)
    TOTP.activate(cast.rosa, generate_totp_secret())
    path = f"{API}users/{cast.rosa.pk}/second-factor/"
    (factor,) = key_of_ada.get(path).json()
    assert set(factor) == {"type", "created_at", "last_used_at"}  # nothing of the secret
    assert key_of_ada.delete(path).status_code == 403
    assert Authenticator.objects.filter(user=cast.rosa).exists()
    assert ada.delete(path).status_code == 204
    assert ada.get(path).json() == []
    assert rosa.get(f"{API}me/").status_code == 401
    event = AuditEvent.objects.get(action="second-factor-reset")
    assert (event.actor, event.old) == ("ada@example.org", {"types": ["totp"]})


def test_nobody_resets_their_own_second_factor(ada: APIClient, cast: Cast) -> None:
    answer = ada.delete(f"{API}users/{cast.ada.pk}/second-factor/")
    assert (answer.status_code, answer.json()["code"]) == (409, "own-second-factor")


def test_a_reset_decided_on_an_old_state_is_refused(ada: APIClient, cast: Cast) -> None:
    path = f"{API}users/{cast.rosa.pk}/second-factor/"
    seen = ada.get(path)["ETag"]
    TOTP.activate(cast.rosa, generate_totp_secret())
    answer = ada.delete(path, HTTP_IF_MATCH=seen)
    assert (answer.status_code, answer.json()["code"]) == (412, "stale")
    assert Authenticator.objects.filter(user=cast.rosa).exists()
