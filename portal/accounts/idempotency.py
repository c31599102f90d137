"""A request that is sent twice, because an answer was lost on the way, is carried out once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from portal.accounts.authentication import TokenAuthentication
from portal.accounts.models import IdempotencyKey, User
from portal.encryption import decrypt, encrypt

KEPT_FOR = timedelta(days=1)
# Whoever had it in hand for longer is gone.
IN_HAND_FOR = timedelta(minutes=2)
LONGEST_KEY = 100
_PURPOSE = "idempotency"


def answer_once(
    request: HttpRequest, get_response: Callable[[HttpRequest], HttpResponse]
) -> HttpResponse:
    """Carry a request out, or give the answer it had the first time.

    1. Take the key for this person; the database lets one request have it.
    2. If it was taken: the same request gets the kept answer, another one is refused.
    3. Carry the request out. Keep the answer, unless it may be another one next time (5xx).

    A strange key is left to the view, which refuses strangers.
    """
    user = _person(request)
    if user is None:
        return get_response(request)
    key = request.headers["Idempotency-Key"]
    if not 1 <= len(key) <= LONGEST_KEY:
        return _refuse(
            "idempotency-key-invalid", "The Idempotency-Key has 1 to 100 characters.", 400
        )
    fingerprint = _fingerprint(request)
    _forget_old(user)
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(user=user, key=key, fingerprint=fingerprint)
    except IntegrityError:
        return _again(IdempotencyKey.objects.filter(user=user, key=key).first(), fingerprint)
    response = get_response(request)
    _keep(row, response)
    return response


def _person(request: HttpRequest) -> User | None:
    if isinstance(request.user, User):
        return request.user
    try:
        found = TokenAuthentication().authenticate(Request(request))
    except APIException:
        return None
    return found[0] if found else None


def _fingerprint(request: HttpRequest) -> str:
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    digest.update(request.body)
    return digest.hexdigest()


def _forget_old(user: User) -> None:
    now = timezone.now()
    rows = IdempotencyKey.objects.filter(user=user)
    rows.filter(created_at__lt=now - KEPT_FOR).delete()
    in_hand = rows.filter(status=None)
    in_hand.filter(created_at__lt=now - IN_HAND_FOR).delete()
    # From the future: the clock went back, and whoever took it would block it for as long.
    in_hand.filter(created_at__gt=now + IN_HAND_FOR).delete()


def _again(row: IdempotencyKey | None, fingerprint: str) -> HttpResponse:
    if row is None or row.status is None:
        sentence = "This request is being carried out; ask again in some seconds."
        return _refuse("idempotency-in-progress", sentence, HTTPStatus.CONFLICT)
    if row.fingerprint != fingerprint:
        sentence = "This Idempotency-Key was used for another request; choose a new one."
        return _refuse("idempotency-key-reused", sentence, HTTPStatus.UNPROCESSABLE_ENTITY)
    response = HttpResponse(
        decrypt(_PURPOSE, row.encrypted_body), status=row.status, content_type=row.content_type
    )
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _keep(row: IdempotencyKey, response: HttpResponse) -> None:
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or response.streaming:
        row.delete()
        return
    # Encrypted: the answer may hold a key that is shown once.
    row.encrypted_body = encrypt(_PURPOSE, response.content.decode())
    row.status, row.content_type = response.status_code, response.headers.get("Content-Type", "")
    row.save(update_fields=["encrypted_body", "status", "content_type"])


def _refuse(code: str, message: str, status: int) -> HttpResponse:
    return JsonResponse({"code": code, "message": message, "details": {}}, status=status)
