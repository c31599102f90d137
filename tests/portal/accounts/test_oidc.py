"""Sign-in with a hospital's account, against a real OpenID provider in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from pytest_django import Settings

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tests.portal.conftest import Cast
from tests.services import free_port, is_open, stopping, wait_until

LOGIN = "/accounts/oidc/hospital/login/"
PEOPLE = (
    {"sub": "h-1", "email": "rosa@example.org", "email_verified": True},
    {"sub": "h-2", "email": "rosa@example.org", "email_verified": False},
    {"sub": "h-3", "email": "new@example.org", "email_verified": True},
    {"sub": "h-4", "email": "ada@example.org", "email_verified": True},
)


@pytest.fixture(scope="module")
def hospital() -> Iterator[str]:
    port = free_port()
    people = [part for person in PEOPLE for part in ("--user-claims", json.dumps(person))]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *people]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with stopping(process):
        wait_until(lambda: is_open(port), process)
        yield f"http://localhost:{port}"


@pytest.fixture
def provider(hospital: str, settings: Settings) -> str:
    settings.OIDC_EMAIL_DOMAINS = ["example.org"]
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "hospital",
                    "name": "Hospital sign-in",
                    "client_id": "lobule",
                    "secret": "word",
                    "settings": {"server_url": hospital},
                }
            ],
        }
    }
    return hospital


def sign_in_as(subject: str, client: Client | None = None, process: str = "login") -> Client:
    """Walk the way of a browser: portal, hospital, and back with a code."""
    client = client or Client()
    to_hospital = client.post(f"{LOGIN}?process={process}")
    assert to_hospital.status_code == 302
    asked = parse_qs(urlsplit(to_hospital["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    allowed = requests.post(
        to_hospital["Location"], data={"sub": subject}, allow_redirects=False, timeout=20
    )
    back = urlsplit(allowed.headers["Location"])
    client.get(f"{back.path}?{back.query}")
    return client


def who(client: Client) -> str:
    answer = client.get("/api/v1/me/")
    return answer.json()["email"] if answer.status_code == 200 else ""


def test_an_invited_person_signs_in_with_the_hospital_s_account(cast: Cast, provider: str) -> None:
    assert who(sign_in_as("h-1")) == "rosa@example.org"
    account = SocialAccount.objects.get()
    assert (account.user, account.uid) == (cast.rosa, "h-1")
    assert who(sign_in_as("h-1")) == "rosa@example.org"
    assert AuditEvent.objects.filter(action="signed-in", actor=cast.rosa.email).count() == 2


def test_an_address_that_the_hospital_did_not_verify_opens_nothing(
    cast: Cast, provider: str
) -> None:
    assert who(sign_in_as("h-2")) == ""
    assert not SocialAccount.objects.exists()


def test_nobody_gets_an_account_by_it(cast: Cast, provider: str) -> None:
    count = User.objects.count()
    assert who(sign_in_as("h-3")) == ""
    assert User.objects.count() == count


def test_the_hospital_vouches_for_its_own_domains_only(
    cast: Cast, provider: str, settings: Settings
) -> None:
    settings.OIDC_EMAIL_DOMAINS = ["hospital.example"]
    assert who(sign_in_as("h-1")) == ""
    settings.OIDC_EMAIL_DOMAINS = []
    assert who(sign_in_as("h-1")) == ""


def test_a_closed_account_stays_closed(cast: Cast, provider: str) -> None:
    User.objects.filter(pk=cast.rosa.pk).update(is_active=False)
    assert who(sign_in_as("h-1")) == ""


def test_whoever_is_signed_in_connects_the_hospital_s_account(
    cast: Cast, provider: str, settings: Settings
) -> None:
    settings.OIDC_EMAIL_DOMAINS = []
    client = Client()
    client.force_login(cast.uma)
    sign_in_as("h-3", client, process="connect")
    assert SocialAccount.objects.get().user == cast.uma
    assert who(sign_in_as("h-3")) == "uma@example.org"


def test_a_reader_still_needs_the_second_factor(
    cast: Cast, provider: str, settings: Settings
) -> None:
    settings.MFA_REQUIRED = True
    client = sign_in_as("h-1")
    assert client.get("/trials/")["Location"] == "/accounts/2fa/"


def test_an_answer_without_the_state_of_this_browser_is_refused(cast: Cast, provider: str) -> None:
    """Somebody else's code, slipped to a victim, signs nobody in."""
    attacker = Client()
    to_hospital = attacker.post(f"{LOGIN}?process=login")
    allowed = requests.post(
        to_hospital["Location"], data={"sub": "h-4"}, allow_redirects=False, timeout=20
    )
    back = urlsplit(allowed.headers["Location"])
    victim = Client()
    victim.get(f"{back.path}?{back.query}")
    assert who(victim) == ""
