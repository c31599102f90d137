from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

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
