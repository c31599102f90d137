from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from portal.accounts.models import ApiToken, User

PREFIX = "lob_"
_KEYWORD = "Bearer"
_LAST_USED_RESOLUTION = timedelta(minutes=5)
# What a key on a scanner's console needs; it opens no result of anyone.
_UPLOAD_ROUTES = {
    "api-me",
    "api-sites",
    "api-check",
    "api-run",
    "api-uploads",
    "api-upload",
    "api-upload-receipt",
    "api-upload-complete",
    "tus-transfers",
    "tus-transfer",
}


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8")).hexdigest()


class TokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer lob_…``; a read token is refused for anything that changes data."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        keyword, _, key = request.headers.get("Authorization", "").partition(" ")
        if keyword != _KEYWORD:
            return None
        now = timezone.now()
        token = (
            ApiToken.objects.select_related("user")
            .filter(digest=digest_of(key.strip()), expires_at__gt=now, user__is_active=True)
            .first()
        )
        if token is None:
            raise exceptions.AuthenticationFailed("The token is unknown or has expired.")
        _refuse_beyond_scope(token, request)
        if token.last_used_at is None or now - token.last_used_at > _LAST_USED_RESOLUTION:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return _KEYWORD


def _refuse_beyond_scope(token: ApiToken, request: Request) -> None:
    if token.scope == ApiToken.Scope.READ and request.method not in SAFE_METHODS:
        raise exceptions.PermissionDenied("This token may only read.")
    match = request.resolver_match
    if token.scope == ApiToken.Scope.UPLOAD and (
        match is None or match.url_name not in _UPLOAD_ROUTES
    ):
        raise exceptions.PermissionDenied("This token may only send studies.")


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session, with CSRF; answers 401 rather than 403 to a stranger."""

    def authenticate_header(self, request: Request) -> str:
        return _KEYWORD


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped base
    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
