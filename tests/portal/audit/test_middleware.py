from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from portal.audit.middleware import client_address, remember_request


def address_seen(forwarded: str | None = None) -> str:
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    request = RequestFactory(REMOTE_ADDR="10.0.0.1", **headers).get("/")

    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(client_address())

    return remember_request(view)(request).content.decode()


def test_the_peer_is_the_client_without_a_proxy() -> None:
    assert address_seen() == "10.0.0.1"
    assert client_address() == ""


def test_a_claimed_address_is_not_believed_without_a_proxy() -> None:
    assert address_seen("6.6.6.6") == "10.0.0.1"


@pytest.mark.parametrize("forwarded", ["192.0.2.7", "6.6.6.6, 192.0.2.7"])
def test_only_what_our_own_proxy_appended_is_believed(settings: Settings, forwarded: str) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    assert address_seen(forwarded) == "192.0.2.7"
