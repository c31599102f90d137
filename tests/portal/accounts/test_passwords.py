"""The rules of ASVS 5.0, chapter 6.2: length and known passwords count, composition does not."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from portal.accounts.models import User
from tests.portal.conftest import Cast

PASSWORD = "correct horse battery staple"
ROSA = User(email="rosa.luz@example.org", name="Rosa Luz")


@pytest.mark.parametrize(
    "password",
    [
        "only lower case letters",
        "ALLUPPERCASELETTERS",
        "8172635409182736",
        "    spaces   count    ",
        "Übergrößenträger läuft",
        "肝臓の脂肪を磁気共鳴で測る方法",
        "x" * 11 + "yz" * 60,
    ],
)
def test_any_kind_of_letters_will_do(password: str) -> None:
    validate_password(password, ROSA)


@pytest.mark.parametrize(
    "password", ["Sh0rt!", "elevenchars", "password1234", "qwertyuiop123", "1234567890123"]
)
def test_short_or_well_known_passwords_are_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, ROSA)


@pytest.mark.parametrize("password", ["rosa.luz@example.org", "rosa.luz@example"])
def test_one_s_own_address_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, ROSA)


@pytest.fixture
def rosa(cast: Cast) -> User:
    cast.rosa.set_password(PASSWORD)
    cast.rosa.save()
    return cast.rosa


def sign_in(user: User, password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": password})
    return client


def change(client: Client, old: str, new: str) -> None:
    values = {"oldpassword": old, "password1": new, "password2": new}
    client.post("/accounts/password/change/", values)


def test_a_change_asks_for_the_current_password(rosa: User) -> None:
    client = sign_in(rosa)
    change(client, "a guess at the old one", "a new and longer password")
    rosa.refresh_from_db()
    assert rosa.check_password(PASSWORD)


def test_a_change_ends_every_other_session(rosa: User) -> None:
    client, other = sign_in(rosa), sign_in(rosa)
    assert other.get("/api/v1/me/").status_code == 200
    change(client, PASSWORD, "a new and longer password")
    rosa.refresh_from_db()
    assert rosa.check_password("a new and longer password")
    assert other.get("/api/v1/me/").status_code == 401


def test_a_password_is_kept_by_argon2_only(rosa: User) -> None:
    assert rosa.password.startswith("argon2$argon2id$")


def test_a_password_is_never_cut(rosa: User) -> None:
    rosa.set_password("y" * 127 + "z")
    rosa.save()
    assert sign_in(rosa, "y" * 127).get("/api/v1/me/").status_code == 401
    assert sign_in(rosa, "y" * 127 + "z").get("/api/v1/me/").status_code == 200
