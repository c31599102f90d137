"""The language of pages: English unless a person chose another one.

The language of the browser is not asked: reports of one trial should read the same on every desk.
The choice is a cookie, as the theme is; e-mails, which have no cookie, take what was chosen last.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from portal.accounts.models import User
from portal.accounts.services import choose_language

Answer = Callable[[HttpRequest], HttpResponseBase]


def chosen_language(get_response: Answer) -> Answer:
    """Middleware: answer in the language of the cookie."""
    known = dict(settings.LANGUAGES)

    def answer(request: HttpRequest) -> HttpResponseBase:
        wanted = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = wanted if wanted in known else settings.LANGUAGE_CODE
        with translation.override(language):
            return get_response(request)

    return answer


@login_not_required
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the language in the cookie; for who is signed in, also as that of their e-mails."""
    answer: HttpResponse = set_language(request)
    code = request.POST.get("language", "")
    if isinstance(request.user, User) and code in dict(settings.LANGUAGES):
        choose_language(request.user, code)
    return answer
