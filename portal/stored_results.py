"""What a person is told when a stored result is gone: a page in words, the API's shape for scripts.

Without this, a report or reading whose files were lost with a disc answers as a fault of the
portal, and nobody learns what to restore.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from analysis.errors import OutputFailed
from portal.errors import status_of_output

_LOG = logging.getLogger(__name__)


class StoredResults:
    """Middleware: answer ``OutputFailed`` of a view with words; what was saved stays."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, OutputFailed):
            return None
        _LOG.error("%s: %s", error.code, request.path)
        status = status_of_output(error)
        is_script = request.headers.get("X-Requested-With") == "fetch"
        if is_script or request.path.startswith("/api/"):
            body = {"code": error.code, "message": str(error), "details": {}}
            return JsonResponse(body, status=status)
        return render(request, "result_missing.html", {"code": error.code}, status=status)
