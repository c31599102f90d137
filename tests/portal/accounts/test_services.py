from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.test import Client

from portal.accounts.models import User
from portal.accounts.services import change_user, create_token, create_user, delete_token
from portal.audit.models import AuditEvent
from tests.portal.conftest import Cast


def test_an_address_is_kept_in_lower_case_and_counts_as_verified(db: None) -> None:
    user = create_user("Rosa@Example.ORG ", name="Rosa")
    assert user.email == "rosa@example.org"
    assert EmailAddress.objects.get(user=user).verified
    assert not user.has_usable_password()


@pytest.mark.parametrize("password", ["short", "password1234", "rosa@example.org"])
def test_a_weak_password_is_refused(db: None, password: str) -> None:
    with pytest.raises(ValidationError):
        create_user("rosa@example.org", password=password)
    assert not User.objects.exists()


def test_a_password_needs_length_and_nothing_else(db: None) -> None:
    assert create_user("rosa@example.org", password="liver segment four a").has_usable_password()


def test_what_happens_to_accounts_is_on_record(cast: Cast) -> None:
    change_user(cast.sam, by=cast.ada, name="Samuel")
    token, _ = create_token(cast.sam, "notebook")
    delete_token(token, by=cast.sam)
    events = AuditEvent.objects.filter(
        action__in=["user-changed", "token-created", "token-deleted"]
    )
    assert [event.actor for event in events] == [cast.ada.email, cast.sam.email, cast.sam.email]
    assert (events[0].old, events[0].new) == ({"name": "Sam"}, {"name": "Samuel"})


def test_closing_an_account_ends_its_sessions_and_keys(cast: Cast) -> None:
    browser = Client()
    browser.force_login(cast.sam)
    create_token(cast.sam, "notebook")
    UserSession.objects.create(
        user=cast.sam, ip="127.0.0.1", session_key=browser.session.session_key
    )
    change_user(cast.sam, by=cast.ada, is_active=False)
    assert not UserSession.objects.filter(user=cast.sam).exists()
    assert not cast.sam.api_tokens.exists()
    assert browser.get("/api/v1/me/").status_code == 401
