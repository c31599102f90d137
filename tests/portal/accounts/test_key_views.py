from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import ApiToken
from portal.accounts.services import create_token
from portal.audit.models import AuditEvent
from tests.portal.conftest import Cast

PASSWORD = "correct horse battery staple"
PAGE = "/accounts/keys/"


@pytest.fixture
def uma(cast: Cast, client: Client) -> Client:
    client.force_login(cast.uma)
    return client


def test_a_key_made_on_the_page_opens_the_api(uma: Client, api_of: Callable[..., Client]) -> None:
    answer = uma.post(PAGE, {"name": "notebook", "scope": "read", "days": "30"})
    key = answer.context["page"].new_key
    assert answer.status_code == 200
    assert key in answer.content.decode()
    me = Client().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {key}")
    assert me.json()["email"] == "uma@example.org"


def test_the_key_is_shown_once_only(uma: Client) -> None:
    key = uma.post(PAGE, {"name": "notebook", "scope": "read", "days": "30"}).context["page"]
    assert key.new_key not in uma.get(PAGE).content.decode()
    assert "no-store" in uma.get(PAGE)["Cache-Control"]


def test_a_key_has_an_end(uma: Client) -> None:
    uma.post(PAGE, {"name": "notebook", "scope": "upload", "days": "30"})
    token = ApiToken.objects.get()
    assert (token.expires_at - timezone.now()).days in {29, 30}
    assert token.scope == "upload"


@pytest.mark.parametrize("change", [{"days": "0"}, {"days": "366"}, {"scope": "all"}, {"name": ""}])
def test_a_key_beyond_the_limits_is_refused_in_words(uma: Client, change: dict[str, str]) -> None:
    wanted = {"name": "notebook", "scope": "read", "days": "30"} | change
    answer = uma.post(PAGE, wanted)
    assert answer.status_code == 422
    assert answer.context["page"].form.errors
    assert not ApiToken.objects.exists()


def test_a_key_is_withdrawn_by_its_owner_only(uma: Client, cast: Cast) -> None:
    mine, _ = create_token(cast.uma, "mine")
    other, _ = create_token(cast.rosa, "hers")
    assert uma.post(f"{PAGE}{other.pk}/withdraw/").status_code == 404
    assert uma.post(f"{PAGE}{mine.pk}/withdraw/").status_code == 302
    assert [*ApiToken.objects.values_list("name", flat=True)] == ["hers"]
    assert AuditEvent.objects.filter(action="token-deleted", actor=cast.uma.email).exists()


def test_each_page_of_an_account_leads_to_the_others(uma: Client) -> None:
    for address in ("/accounts/2fa/", "/accounts/sessions/", "/accounts/email/", PAGE):
        page = uma.get(address).content.decode()
        for other in ("/accounts/password/change/", "/accounts/sessions/", PAGE, "/notifications/"):
            assert f'href="{other}"' in page, (address, other)


def test_a_page_before_the_sign_in_leads_back_to_it(db: None, client: Client) -> None:
    for address in ("/accounts/password/reset/", "/accounts/inactive/", "/accounts/signup/"):
        assert 'href="/accounts/login/"' in client.get(address).content.decode()


def test_who_signs_out_elsewhere_keeps_this_browser(cast: Cast) -> None:
    cast.uma.set_password(PASSWORD)
    cast.uma.save()
    here, there = Client(), Client()
    for each in (here, there):
        each.post("/accounts/login/", {"login": cast.uma.email, "password": PASSWORD})
    assert there.get("/api/v1/me/").status_code == 200
    here.post("/accounts/sessions/")
    assert here.get("/api/v1/me/").status_code == 200
    assert there.get("/api/v1/me/").status_code == 401
    assert AuditEvent.objects.filter(action="session-ended", actor=cast.uma.email).count() == 1
