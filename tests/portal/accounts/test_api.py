from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from portal.accounts.models import ApiToken, User
from portal.accounts.services import create_token
from tests.portal.conftest import Cast

ApiOf = Callable[[User], APIClient]


def with_key(key: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    return client


def test_me_is_the_person_who_asks(cast: Cast, api_of: ApiOf) -> None:
    assert api_of(cast.rosa).get("/api/v1/me/").json()["email"] == cast.rosa.email


def test_a_stranger_is_asked_to_sign_in() -> None:
    answer = APIClient().get("/api/v1/me/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "not-authenticated"


def test_a_key_is_shown_once_and_kept_as_a_hash(cast: Cast, api_of: ApiOf) -> None:
    rosa = api_of(cast.rosa)
    made = rosa.post("/api/v1/tokens/", {"name": "notebook"}, format="json")
    assert made.status_code == 201
    key = made.json()["key"]
    assert with_key(key).get("/api/v1/me/").json()["email"] == cast.rosa.email
    assert "key" not in rosa.get("/api/v1/tokens/").json()["results"][0]
    assert not ApiToken.objects.filter(digest__contains=key).exists()


def test_a_read_key_cannot_change_anything(cast: Cast) -> None:
    _, key = create_token(cast.ada, "reader")
    answer = with_key(key).patch(f"/api/v1/users/{cast.sam.pk}/", {"name": "x"}, format="json")
    assert answer.status_code == 403
    assert answer.json()["message"] == "This token may only read."


def test_a_key_cannot_make_keys(cast: Cast) -> None:
    _, key = create_token(cast.rosa, "writer", scope=ApiToken.Scope.WRITE)
    answer = with_key(key).post("/api/v1/tokens/", {"name": "forever"}, format="json")
    assert answer.status_code == 403


@pytest.mark.parametrize("key", ["lob_wrong", "", "lob_" + "a" * 5000])
def test_a_wrong_key_is_refused(db: None, key: str) -> None:
    answer = with_key(key).get("/api/v1/me/")
    assert answer.status_code == 401
    assert answer.json()["message"] == "The token is unknown or has expired."


def test_an_expired_key_is_refused(cast: Cast) -> None:
    _, key = create_token(cast.rosa, "old")
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert with_key(key).get("/api/v1/me/").status_code == 401


def test_a_key_dies_with_its_account(cast: Cast) -> None:
    _, key = create_token(cast.rosa, "notebook")
    User.objects.filter(pk=cast.rosa.pk).update(is_active=False)
    assert with_key(key).get("/api/v1/me/").status_code == 401


def test_the_last_use_of_a_key_is_noted(cast: Cast) -> None:
    token, key = create_token(cast.rosa, "notebook")
    with_key(key).get("/api/v1/me/")
    token.refresh_from_db()
    assert token.last_used_at is not None


def test_nobody_deletes_the_key_of_another(cast: Cast, api_of: ApiOf) -> None:
    token, _ = create_token(cast.rosa, "notebook")
    assert api_of(cast.sam).delete(f"/api/v1/tokens/{token.pk}/").status_code == 404
    assert api_of(cast.rosa).delete(f"/api/v1/tokens/{token.pk}/").status_code == 204
    assert not ApiToken.objects.exists()


def test_only_an_administrator_sees_everybody(cast: Cast, api_of: ApiOf) -> None:
    assert api_of(cast.tom).get("/api/v1/users/").status_code == 403
    emails = [user["email"] for user in api_of(cast.ada).get("/api/v1/users/").json()["results"]]
    assert emails == sorted(emails)
    assert len(emails) == 7


def test_an_administrator_closes_an_account(cast: Cast, api_of: ApiOf) -> None:
    rosa = api_of(cast.rosa)
    answer = api_of(cast.ada).patch(
        f"/api/v1/users/{cast.rosa.pk}/", {"is_active": False}, format="json"
    )
    assert answer.json()["is_active"] is False
    assert rosa.get("/api/v1/me/").status_code == 401


def test_the_last_administrator_stays(cast: Cast, api_of: ApiOf) -> None:
    answer = api_of(cast.ada).patch(
        f"/api/v1/users/{cast.ada.pk}/", {"is_administrator": False}, format="json"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "last-administrator")
    cast.ada.refresh_from_db()
    assert cast.ada.is_administrator


def test_an_address_cannot_be_changed(cast: Cast, api_of: ApiOf) -> None:
    path = f"/api/v1/users/{cast.sam.pk}/"
    api_of(cast.ada).patch(path, {"email": "evil@example.org"}, format="json")
    cast.sam.refresh_from_db()
    assert cast.sam.email == "sam@example.org"


def test_a_key_for_sending_opens_no_results(cast: Cast) -> None:
    _, key = create_token(cast.uma, "scanner", scope="upload")
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {key}")
    assert client.get("/api/v1/sites/").status_code == 200
    assert client.get("/api/v1/uploads/").status_code == 200
    for path in ("reports", "studies", "users", "tokens", "webhooks"):
        assert client.get(f"/api/v1/{path}/").status_code == 403
    assert client.post("/api/v1/uploads/", {}, format="json").status_code == 400
