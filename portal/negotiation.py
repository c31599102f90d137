"""What a client accepts: the API answers in JSON, and with files as what they are."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.views import APIView


class FileView(APIView):
    """Answers with a file, whatever ``Accept`` asks for; refusals stay JSON."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:  # noqa: FBT001, FBT002  # as in the base
        negotiated: tuple[Any, str] = super().perform_content_negotiation(request, force=True)
        return negotiated
