"""ETags: the hash of a resource as the API gives it, so that nobody overwrites unseen."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Any

from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from analysis.wording import words
from portal.errors import PortalError

_LENGTH = 32


class Stale(PortalError):
    """A change that was made looking at an older state."""

    def __init__(self, etag: str) -> None:
        super().__init__(
            words(
                "Someone changed this since you read it; read it again, then repeat your change."
            ),
            code="stale",
            status=HTTPStatus.PRECONDITION_FAILED,
            details={"etag": etag},
        )


def etag_of_bytes(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:_LENGTH]}"'


def etag_of(representation: Any) -> str:
    """Return the ETag under which the API gives this representation (``serializer.data``)."""
    return etag_of_bytes(JSONRenderer().render(representation))


def refuse_stale(request: Request, current: Any) -> None:
    """Refuse a change that was made looking at an older state than ``current`` (``If-Match``).

    The caller holds the row's lock. Without the header the last writer wins, on record.
    """
    wanted = request.headers.get("If-Match", "")
    if not wanted or "*" in (tags := parse_etags(wanted)) or etag_of(current) in tags:
        return
    raise Stale(etag_of(current))
