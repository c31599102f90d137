from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from portal.accounts.models import User
from portal.trials.models import Membership, Role

_MESSAGE = "Set up a second factor first: people who read, manage or administrate need one."
_ROLES = (Role.READER, Role.ADJUDICATOR, Role.MANAGER)


def needs_second_factor(user: User) -> bool:
    """Say whether someone may see results or change rights, and has only a password so far."""
    if not settings.MFA_REQUIRED or is_mfa_enabled(user):
        return False
    return user.is_administrator or Membership.objects.filter(user=user, role__in=_ROLES).exists()


class SecondFactorMiddleware:
    """Close every page but the sign-in pages to those who still have to set up a second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        is_sign_in = view.__module__.startswith("allauth.")
        if (
            is_sign_in
            or not isinstance(request.user, User)
            or not needs_second_factor(request.user)
        ):
            return None
        if request.path.startswith("/api/"):
            body = {"code": "second-factor-required", "message": _MESSAGE, "details": {}}
            return JsonResponse(body, status=HTTPStatus.FORBIDDEN)
        messages.warning(request, _MESSAGE)
        return redirect("mfa_index")
