from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from rest_framework import exceptions

from analysis.errors import OutputFailed, UnusableInput
from portal.errors import PortalError, answer


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (PortalError("No.", code="no"), 400, "no"),
        (PortalError("No.", code="no", status=409), 409, "no"),
        (UnusableInput("Not MR.", code="not-mr"), 422, "not-mr"),
        (OutputFailed("Full.", code="disc-full"), 507, "disc-full"),
        (Http404("secret/path"), 404, "not-found"),
        (PermissionDenied(), 403, "permission-denied"),
        (ValidationError("Wrong."), 400, "invalid"),
        (exceptions.NotAuthenticated(), 401, "not-authenticated"),
        (exceptions.Throttled(wait=7), 429, "throttled"),
        (exceptions.ValidationError({"name": ["This field is required."]}), 400, "invalid"),
    ],
)
def test_every_failure_has_one_shape(error: Exception, status: int, code: str) -> None:
    response = answer(error, {})
    assert response is not None
    assert response.status_code == status
    assert response.data["code"] == code
    assert set(response.data) == {"code", "message", "details"}
    assert response.data["message"]


def test_what_is_not_found_says_nothing_about_what_was_sought() -> None:
    response = answer(Http404("secret/path"), {})
    assert response is not None
    assert "secret" not in str(response.data)


def test_throttling_says_when_to_come_back() -> None:
    response = answer(exceptions.Throttled(wait=7), {})
    assert response is not None
    assert response["Retry-After"] == "7"


def test_a_bug_stays_a_bug() -> None:
    assert answer(ZeroDivisionError(), {}) is None


def details_of(error: Exception) -> Any:
    response = answer(error, {})
    assert response is not None
    return response.data["details"]


def test_details_say_which_value_is_wrong() -> None:
    assert "name" in details_of(exceptions.ValidationError({"name": ["required"]}))
    assert details_of(ValidationError("Wrong.")) == {"errors": ["Wrong."]}
