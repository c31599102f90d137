"""What Django answers when no view did: a page for people, the API's shape for programs."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

_API = "/api/"


def _json(code: str, message: str, status: HTTPStatus) -> HttpResponse:
    return JsonResponse({"code": code, "message": message, "details": {}}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(_API):
        return _json("invalid", "The request cannot be read.", HTTPStatus.BAD_REQUEST)
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(_API):
        return _json("permission-denied", "You may not do this.", HTTPStatus.FORBIDDEN)
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(_API):
        sentence = "There is nothing here, or you may not see it."
        return _json("not-found", sentence, HTTPStatus.NOT_FOUND)
    return defaults.page_not_found(request, exception)


def fault(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(_API):
        sentence = "The portal has a fault; it was recorded. Try again later."
        return _json("fault", sentence, HTTPStatus.INTERNAL_SERVER_ERROR)
    return defaults.server_error(request)
