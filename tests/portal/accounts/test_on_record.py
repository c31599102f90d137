"""What people change about their own sign-in, through the pages of django-allauth."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tests.portal.conftest import Cast

PASSWORD = "correct horse battery staple"


@pytest.fixture
def rosa(cast: Cast, client: Client) -> Client:
    cast.rosa.set_password(PASSWORD)
    cast.rosa.save()
    client.post("/accounts/login/", {"login": cast.rosa.email, "password": PASSWORD})
    return client


def acts(word: str) -> list[tuple[str, str, object, object]]:
    events = AuditEvent.objects.filter(action__startswith=word)
    return [(event.action, event.actor, event.old, event.new) for event in events]


def test_a_second_factor_that_comes_and_goes_is_on_record(
    rosa: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    rosa.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = rosa.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    code = f"{hotp_value(secret, next(yield_hotp_counters_from_time())):06d}"
    with django_capture_on_commit_callbacks(execute=True):
        rosa.post("/accounts/2fa/totp/activate/", {"code": code})
    assert Authenticator.objects.filter(type="totp").exists()
    rosa.post("/accounts/2fa/totp/deactivate/")
    assert ("second-factor-added", "rosa@example.org", {}, {"type": "totp"}) in acts("second")
    assert ("second-factor-removed", "rosa@example.org", {"type": "totp"}, {}) in acts("second")
    assert secret not in str([*AuditEvent.objects.values()])


def test_an_address_that_comes_and_goes_is_on_record(rosa: Client, mailoutbox: list[str]) -> None:
    rosa.post("/accounts/email/", {"action_add": "", "email": "rosa@home.example"})
    rosa.post("/accounts/email/", {"action_remove": "", "email": "rosa@home.example"})
    home = {"email": "rosa@home.example"}
    assert acts("address") == [
        ("address-added", "rosa@example.org", {}, home),
        ("address-removed", "rosa@example.org", home, {}),
    ]


def test_another_first_address_is_on_record(rosa: Client, cast: Cast) -> None:
    EmailAddress.objects.create(user=cast.rosa, email="rosa@home.example", verified=True)
    rosa.post("/accounts/email/", {"action_primary": "", "email": "rosa@home.example"})
    assert User.objects.get(pk=cast.rosa.pk).email == "rosa@home.example"
    old, new = {"email": "rosa@example.org"}, {"email": "rosa@home.example"}
    assert [(old_, new_) for _, _, old_, new_ in acts("address-changed")] == [(old, new)]
