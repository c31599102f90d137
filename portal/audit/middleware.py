from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_client_address: ContextVar[str] = ContextVar("client_address", default="")


def client_address() -> str:
    """Return the address of the request that is being answered, or nothing outside a request."""
    return _client_address.get()


def _address_of(request: HttpRequest) -> str:
    peer: str = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop]
    # Only the entries that our own proxies appended can be believed, and those stand last.
    trusted: int = settings.TRUSTED_PROXY_COUNT
    return hops[-trusted][:45] if 0 < trusted <= len(hops) else peer


def remember_request(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def remember(request: HttpRequest) -> HttpResponse:
        token = _client_address.set(_address_of(request))
        try:
            return get_response(request)
        finally:
            _client_address.reset(token)

    return remember
