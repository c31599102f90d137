from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import middleware as django_auth
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

View = Callable[[HttpRequest], HttpResponse]


class LoginRequired(django_auth.LoginRequiredMiddleware):
    """Every page is closed; allauth's own views guard themselves (sign-in has to be open)."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if view_func.__module__.startswith("allauth."):
            return None
        answer: HttpResponseBase | None = super().process_view(
            request, view_func, view_args, view_kwargs
        )
        return answer
