"""How often one person or one address may call the API; sign-in has limits of its own (allauth)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle

if TYPE_CHECKING:  # the views read their throttles, these classes, while they are imported
    from rest_framework.views import APIView

# A study arrives in many small parts; its manifest and quotas limit it instead.
_UNLIMITED = {"tus-transfers", "tus-transfer"}


class PerPerson(UserRateThrottle):
    scope = "person"

    def get_rate(self) -> str:
        return f"{settings.API_REQUESTS_A_MINUTE}/min"

    def allow_request(self, request: Request, view: APIView) -> bool:
        match = request.resolver_match
        if match is not None and match.url_name in _UNLIMITED:
            return True
        return super().allow_request(request, view)


class PerStranger(AnonRateThrottle):
    scope = "stranger"

    def get_rate(self) -> str:
        return f"{settings.API_STRANGER_REQUESTS_A_MINUTE}/min"
