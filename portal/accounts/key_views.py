"""A person's own keys for programs: made, shown once, withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.forms import KeyForm
from portal.accounts.models import ApiToken, User
from portal.accounts.requests import signed_in
from portal.accounts.services import create_token, delete_token


@dataclass(frozen=True, slots=True)
class KeysPage:
    """Context of ``accounts/keys.html``; ``new_key`` is set once, on the answer that makes it."""

    keys: tuple[ApiToken, ...]
    form: KeyForm
    new_key: str = ""


def _page(user: User, form: KeyForm, new_key: str = "") -> KeysPage:
    return KeysPage(tuple(user.api_tokens.order_by("-created_at")), form, new_key)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = KeyForm(request.POST or None)
    page, status = _page(user, form), HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid():
            _, key = create_token(user, **form.cleaned_data)
            page = _page(user, KeyForm(), key)
        else:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "accounts/keys.html", {"page": page}, status=status)


@require_POST
def withdraw(request: HttpRequest, token_id: UUID) -> HttpResponse:
    user = signed_in(request)
    token = get_object_or_404(ApiToken, user=user, pk=token_id)
    delete_token(token, by=user)
    messages.success(request, f"The key “{token.name}” opens nothing any more.")
    return redirect("account-keys")
