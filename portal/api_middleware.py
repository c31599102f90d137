"""What holds for every answer of the API, whichever view gives it.

* A GET has an ETag, and ``If-None-Match`` gets 304 for what has not changed.
* A change with ``If-Match`` is refused when a GET of the same address gives another ETag by now.
* A POST with ``Idempotency-Key`` is carried out once; sent again, it gets the first answer.
* What no database takes (a NUL) is refused before it reaches one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from django.utils.http import parse_etags

from portal.accounts.idempotency import answer_once
from portal.conditional import Stale, etag_of_bytes

API = "/api/v1/"
_CHANGES = {"PUT", "PATCH", "DELETE"}
View = Callable[[HttpRequest], HttpResponse]


def api(get_response: View) -> View:
    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(API):
            return get_response(request)
        if "\0" in unquote(request.META.get("QUERY_STRING", "")) or "\0" in request.path:
            return _refuse_nul()
        if request.method == "POST" and "Idempotency-Key" in request.headers:
            return answer_once(request, get_response)
        if request.method in _CHANGES and "If-Match" in request.headers:
            return _unless_stale(request, get_response)
        return _conditional(request, get_response(request))

    return answer


def _unless_stale(request: HttpRequest, get_response: View) -> HttpResponse:
    """Carry a change out if the resource is still as it was read; views that lock check again."""
    current = _conditional(read := _as_get(request), get_response(read))
    etag = current.headers.get("ETag", "")
    wanted = parse_etags(request.headers["If-Match"])
    if current.status_code == HTTPStatus.OK and wanted and "*" not in wanted and etag not in wanted:
        stale = Stale(etag)
        body = {"code": stale.code, "message": stale.said, "details": stale.details}
        return JsonResponse(body, status=stale.status)
    return get_response(request)


def _as_get(request: HttpRequest) -> HttpRequest:
    read = copy.copy(request)
    read.method = "GET"
    hidden = {"HTTP_IF_MATCH", "CONTENT_LENGTH", "CONTENT_TYPE"}
    read.META = {name: value for name, value in request.META.items() if name not in hidden}
    read.META["REQUEST_METHOD"] = "GET"
    read.__dict__.pop("headers", None)  # cached from the first META
    return read


def _refuse_nul() -> HttpResponse:
    body = {"code": "invalid", "message": "The address holds a NUL character.", "details": {}}
    return JsonResponse(body, status=HTTPStatus.BAD_REQUEST)


def _conditional(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    is_read = request.method in {"GET", "HEAD"} and response.status_code == HTTPStatus.OK
    if not is_read or response.streaming:
        return response
    response.headers.setdefault("ETag", etag_of_bytes(response.content))
    response.headers.setdefault("Cache-Control", "private, no-cache")
    if "If-None-Match" not in request.headers:
        return response
    found = get_conditional_response(request, etag=response.headers["ETag"], response=response)
    return found if isinstance(found, HttpResponse) else response
