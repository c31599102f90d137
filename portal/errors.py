"""Every failure of the API has one shape: ``{"code", "message", "details"}``."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from analysis.errors import AnalysisError, OutputFailed
from analysis.wording import Words, plain
from portal.wording import say


class PortalError(Exception):
    """A request that cannot be carried out; the message is shown to the person who asked.

    ``message`` is the English of ``words``, which pages and the API say in the chosen language.
    """

    def __init__(
        self,
        message: str | Words,
        *,
        code: str,
        status: int = HTTPStatus.BAD_REQUEST,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.words = message if isinstance(message, Words) else plain(message)
        self.message = self.words.text
        self.code = code
        self.status = status
        self.details = details or {}

    def __str__(self) -> str:
        return self.message

    @property
    def said(self) -> str:
        """The message in the language of the page."""
        return say(self.words)


def _body(code: str, message: str, details: Any = None) -> dict[str, Any]:
    return {"code": code, "message": message, "details": details or {}}


def status_of_output(error: OutputFailed) -> HTTPStatus:
    """Tell a lost result, which comes back from a backup, from a disc that takes no more."""
    is_lost = error.code == "stored-result-damaged"
    return HTTPStatus.SERVICE_UNAVAILABLE if is_lost else HTTPStatus.INSUFFICIENT_STORAGE


def _answer_api_exception(error: exceptions.APIException) -> Response:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, exceptions.ValidationError):
        body = _body("invalid", "Some values are missing or wrong; see the details.", error.detail)
    else:
        body = _body(str(error.get_codes()).replace("_", "-"), str(error.detail))
    return Response(body, status=error.status_code, headers=headers)


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception of an API view; anything unknown stays a bug (500, logged)."""
    if isinstance(error, Http404):
        error = exceptions.NotFound("There is nothing here, or you may not see it.")
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, ValidationError):
        error = exceptions.ValidationError({"errors": error.messages})

    if isinstance(error, exceptions.APIException):
        response = _answer_api_exception(error)
    elif isinstance(error, PortalError):
        response = Response(_body(error.code, error.said, error.details), status=error.status)
    elif isinstance(error, OutputFailed):
        response = Response(_body(error.code, say(error.words)), status=status_of_output(error))
    elif isinstance(error, AnalysisError):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        response = Response(_body(error.code, say(error.words)), status=status)
    else:
        return None
    set_rollback()
    return response
