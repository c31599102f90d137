"""A browser that nobody uses for a while is signed out (ASVS 7.3.1)."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from portal.accounts.models import User
from portal.audit.services import record

SEEN_AT = "seen_at"
# A session is written once a minute at most, not at every request.
RESOLUTION_S = 60.0
View = Callable[[HttpRequest], HttpResponse]


def sign_out_idle(get_response: View) -> View:
    def answer(request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, User):
            now = time.time()
            idle_s = now - request.session.get(SEEN_AT, now)
            if idle_s > settings.SESSION_IDLE_MINUTES * 60:
                record("signed-out-idle", user, actor=None, old={"minutes": round(idle_s / 60)})
                logout(request)
            elif SEEN_AT not in request.session or idle_s < -RESOLUTION_S:
                request.session[SEEN_AT] = now  # from the future: the clock went back meanwhile
            elif idle_s > RESOLUTION_S and _is_use(request):
                request.session[SEEN_AT] = now
        return get_response(request)

    return answer


def _is_use(request: HttpRequest) -> bool:
    """Tell a person's doing from a page that asks by itself how far things are."""
    return not (request.path.endswith("/progress") or "part" in request.GET)
