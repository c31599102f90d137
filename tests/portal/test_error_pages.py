from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from portal import error_pages

WITH_CAUSE = [
    (error_pages.bad_request, 400, "invalid"),
    (error_pages.forbidden, 403, "permission-denied"),
    (error_pages.not_found, 404, "not-found"),
]


@pytest.mark.parametrize(("view", "status", "code"), WITH_CAUSE)
def test_the_api_keeps_its_shape(
    view: Callable[[HttpRequest, Exception], HttpResponse], status: int, code: str
) -> None:
    answer = view(RequestFactory().get("/api/v1/x/"), ValueError("secret/path"))
    body = json.loads(answer.content)
    assert (answer.status_code, body["code"]) == (status, code)
    assert "secret" not in body["message"]


@pytest.mark.parametrize(("view", "status", "code"), WITH_CAUSE)
def test_people_get_a_page(
    view: Callable[[HttpRequest, Exception], HttpResponse], status: int, code: str
) -> None:
    answer = view(RequestFactory().get("/x/"), ValueError("secret/path"))
    assert answer.status_code == status
    assert b"<html" in answer.content
    assert b"secret" not in answer.content


def test_a_fault_says_nothing_about_itself() -> None:
    body = json.loads(error_pages.fault(RequestFactory().get("/api/v1/x/")).content)
    assert body["code"] == "fault"
    assert error_pages.fault(RequestFactory().get("/x/")).status_code == 500


def test_who_tries_too_often_is_told_to_wait(db: None, client: Client, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    cache.clear()
    tries = [client.post("/accounts/login/", {"login": "a@b.example"}) for _ in range(2)]
    assert [each.status_code for each in tries] == [200, 429]
    page = tries[1].content.decode()
    assert "Wait a minute, then try again." in page
    assert 'class="top-bar"' in page
