from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from rest_framework import exceptions
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from portal.accounts.models import User
from portal.accounts.requests import signed_in


class IsAdministrator(BasePermission):
    message = "Only an administrator may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.user, User) and request.user.is_administrator


class IsInBrowser(BasePermission):
    """A token may not make tokens, or a stolen key would never expire."""

    message = "Sign in with the browser to do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.auth is None


def refuse_keys(request: Request) -> None:
    """Refuse a key for programs where a stolen one would open the portal for good."""
    if request.auth is not None:
        raise exceptions.PermissionDenied(IsInBrowser.message)


def administrator(request: HttpRequest | Request) -> User:
    """Return the administrator behind a request, or refuse."""
    user = signed_in(request)
    if not user.is_administrator:
        raise PermissionDenied(IsAdministrator.message)
    return user
