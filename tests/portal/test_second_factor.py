from __future__ import annotations

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from pytest_django import Settings

from portal.second_factor import needs_second_factor
from tests.portal.conftest import Cast


def browser_of(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(getattr(cast, name))
    return client


@pytest.mark.parametrize("name", ["rosa", "tom", "ada"])
def test_who_reads_manages_or_administrates_needs_one(
    cast: Cast, settings: Settings, name: str
) -> None:
    settings.MFA_REQUIRED = True
    client = browser_of(cast, name)
    assert client.get("/trials/")["Location"] == "/accounts/2fa/"
    answer = client.get("/api/v1/me/")
    assert (answer.status_code, answer.json()["code"]) == (403, "second-factor-required")
    assert client.get("/accounts/2fa/").status_code == 200


@pytest.mark.parametrize("name", ["uma", "mona"])
def test_others_may_go_without(cast: Cast, settings: Settings, name: str) -> None:
    settings.MFA_REQUIRED = True
    assert browser_of(cast, name).get("/api/v1/me/").status_code == 200


def test_with_a_second_factor_the_pages_are_open(cast: Cast, settings: Settings) -> None:
    settings.MFA_REQUIRED = True
    TOTP.activate(cast.rosa, generate_totp_secret())
    assert browser_of(cast, "rosa").get("/api/v1/me/").status_code == 200


def test_the_demo_goes_without(cast: Cast, settings: Settings) -> None:
    settings.MFA_REQUIRED = False
    assert not needs_second_factor(cast.ada)


def test_strangers_can_still_sign_in(db: None, settings: Settings) -> None:
    settings.MFA_REQUIRED = True
    assert Client().get("/accounts/login/").status_code == 200
