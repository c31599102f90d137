from __future__ import annotations

from django.http import HttpRequest
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from portal.accounts.models import User


def signed_in(request: HttpRequest | Request) -> User:
    """Return the person behind a request, typed; views are closed, so there is always one."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
