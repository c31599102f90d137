"""The one way out to addresses that people typed in: never to the portal's own network.

A name is resolved once, the address is checked, and that address is connected to: a name that
changes its meaning in between gains nothing. Redirects are not followed, proxies of the
environment not used, answers not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests_hardened import Config, Manager
from requests_hardened.ip_filter import InvalidIPAddress, filter_host

from analysis.wording import Words, words
from portal.errors import PortalError

TIMEOUT_S = (5.0, 10.0)
_PORTS = {"http": 80, "https": 443}


class Unsafe(PortalError):
    """An address that the portal will not call."""

    def __init__(self, sentence: Words) -> None:
        super().__init__(sentence, code="webhook-unsafe", status=HTTPStatus.UNPROCESSABLE_ENTITY)


class NotTaken(Exception):
    """The other side did not take the message."""


def refuse_unsafe(url: str) -> None:
    """Refuse what is no public web address; checked again at each call."""
    parts = _parts_of(url)
    try:
        filter_host(*parts, allow_loopback=settings.WEBHOOK_ALLOW_LOOPBACK)
    except InvalidIPAddress as error:
        raise Unsafe(
            words("This address lies in a private network; the portal does not call it.")
        ) from (error)
    except (requests.RequestException, UnicodeError) as error:
        raise Unsafe(words("This name cannot be found; check the address.")) from error


def _parts_of(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise Unsafe(words("This is not a web address.")) from error
    allowed = {"https", "http"} if settings.WEBHOOK_ALLOW_LOOPBACK else {"https"}
    if parts.scheme not in allowed:
        raise Unsafe(words("The address must begin with https://."))
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise Unsafe(words("The address must name a host, without a user or password."))
    return parts.hostname, port


def post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Send a message; raise ``NotTaken`` unless the answer is a success."""
    config = Config(
        ip_filter_enable=True,
        ip_filter_allow_loopback_ips=settings.WEBHOOK_ALLOW_LOOPBACK,
        never_redirect=True,
        default_timeout=TIMEOUT_S,
        user_agent_override="Lobule",
    )
    _parts_of(url)
    with Manager(config).get_session() as session:
        session.trust_env = False
        try:
            with session.post(url, data=body, headers=dict(headers), stream=True) as answer:
                status = answer.status_code
        except requests.RequestException as error:
            raise NotTaken(type(error).__name__) from error
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise NotTaken(f"HTTP {status}")
