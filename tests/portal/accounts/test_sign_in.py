from __future__ import annotations

from unittest.mock import ANY

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tests.portal.conftest import Cast

PASSWORD = "correct horse battery staple"


@pytest.fixture
def rosa(cast: Cast) -> User:
    cast.rosa.set_password(PASSWORD)
    cast.rosa.save()
    return cast.rosa


def sign_in(client: Client, email: str, password: str) -> int:
    answer = client.post("/accounts/login/", {"login": email, "password": password})
    return answer.status_code


def actions() -> list[str]:
    return [*AuditEvent.objects.filter(action__startswith="sign").values_list("action", flat=True)]


def test_every_page_asks_a_stranger_to_sign_in(db: None) -> None:
    answer = Client().get("/trials/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/trials/")


def test_rosa_signs_in_and_out(rosa: User) -> None:
    client = Client()
    assert sign_in(client, "Rosa@example.org", PASSWORD) == 302
    assert client.get("/api/v1/me/").json()["email"] == rosa.email
    client.post("/accounts/logout/")
    assert client.get("/api/v1/me/").status_code == 401
    assert actions() == ["signed-in", "signed-out"]


def test_a_wrong_password_is_on_record_without_what_was_typed(rosa: User) -> None:
    assert sign_in(Client(), rosa.email, "not the password") == 200
    assert actions() == ["sign-in-failed"]
    event = AuditEvent.objects.get(action="sign-in-failed")
    assert (event.old, event.new) == ({}, {})


def test_an_unknown_address_gets_the_same_answer_as_a_wrong_password(rosa: User) -> None:
    wrong = Client().post("/accounts/login/", {"login": rosa.email, "password": "wrong"})
    unknown = Client().post("/accounts/login/", {"login": "no@example.org", "password": "wrong"})
    assert wrong.context["form"].errors == unknown.context["form"].errors


def test_a_storm_of_wrong_passwords_is_stopped(rosa: User) -> None:
    client = Client()
    for _ in range(5):
        sign_in(client, rosa.email, "wrong")
    answer = client.post("/accounts/login/", {"login": rosa.email, "password": PASSWORD})
    assert answer.status_code in {200, 429}
    assert client.get("/api/v1/me/").status_code == 401
    assert actions().count("sign-in-failed") == 5


def test_a_closed_account_cannot_sign_in(rosa: User) -> None:
    User.objects.update(is_active=False)
    client = Client()
    sign_in(client, rosa.email, PASSWORD)
    assert client.get("/api/v1/me/").status_code == 401


def test_nobody_signs_up_uninvited(db: None) -> None:
    answer = Client().post(
        "/accounts/signup/",
        {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD},
    )
    assert answer.status_code == 200
    assert not User.objects.exists()


def test_a_password_reset_tells_nobody_who_has_an_account(
    rosa: User, mailoutbox: list[object]
) -> None:
    answers = [
        Client().post("/accounts/password/reset/", {"email": email})
        for email in (rosa.email, "no@example.org")
    ]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert len(mailoutbox) == 1


def test_the_session_ends_with_the_browser_and_after_some_hours(
    rosa: User, settings: Settings
) -> None:
    client = Client()
    sign_in(client, rosa.email, PASSWORD)
    cookie = client.cookies["sessionid"]
    assert (cookie["expires"], cookie["max-age"]) == ("", "")
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert settings.SESSION_COOKIE_AGE == 8 * 3600


def code_now(secret: str) -> str:
    return f"{hotp_value(secret, next(yield_hotp_counters_from_time())):06d}"


def test_a_second_factor_is_asked_for_and_kept_encrypted(rosa: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(rosa, secret)
    assert secret not in str(Authenticator.objects.values_list("data", flat=True))
    client = Client()
    sign_in(client, rosa.email, PASSWORD)
    assert client.get("/api/v1/me/").status_code == 401
    assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert client.get("/api/v1/me/").status_code == 401
    client.post("/accounts/2fa/authenticate/", {"code": code_now(secret)})
    assert client.get("/api/v1/me/").json() == {**client.get("/api/v1/me/").json(), "id": ANY}
    assert client.get("/api/v1/me/").status_code == 200
