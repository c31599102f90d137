from __future__ import annotations

import pytest
from django.test import Client

from portal.accounts.models import Invitation, User
from tests.portal.conftest import Cast

BASE = "/accounts/administration/"


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
    path = f"{BASE}people/{cast.sam.pk}/"
    ada.post(path, {})
    assert not User.objects.get(pk=cast.sam.pk).is_active
    ada.post(path, {"is_active": "on"})
    assert User.objects.get(pk=cast.sam.pk).is_active


def test_the_last_administrator_is_told_to_name_another(ada: Client, cast: Cast) -> None:
    answer = ada.post(f"{BASE}people/{cast.ada.pk}/", {"is_active": "on"}, follow=True)
    assert "last administrator" in answer.content.decode()
    assert User.objects.get(pk=cast.ada.pk).is_administrator


@pytest.mark.parametrize("name", ["rosa", "tom", "sam"])
def test_nobody_else_administrates(cast: Cast, name: str) -> None:
    client = Client()
    client.force_login(getattr(cast, name))
    assert client.get(BASE).status_code == 403
    assert client.post(f"{BASE}invitations/", {"email": "x@example.org"}).status_code == 403
    assert client.post(f"{BASE}people/{cast.ada.pk}/", {}).status_code == 403
