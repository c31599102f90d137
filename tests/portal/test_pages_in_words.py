"""Nothing that a page says stays English: neither unmarked nor marked without a translation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import trans_real

from portal.accounts.models import User
from tests.conftest import REPOSITORY
from tests.portal.conftest import Cast
from tests.portal.page_words import WORD, texts_of_page, unmarked_in_template
from tests.portal.test_language import CATALOGUES
from tests.portal.test_routes import ROUTES, Route
from tests.portal.world import World, build_world

Browser = Callable[[User | AnonymousUser], Client]
SAME_EVERYWHERE = {
    "Lobule",
    "Monitor",
    "in",
    "LIC",
    "PDF",
    "PDFF",
    "CSV",
    "UTC",
    "R2",
    "SHA",
    "ml",
    "mg",
    "json",
}
# It must stand when everything else does not: it has no language.
WITHOUT_LANGUAGE = {"500.html"}
PAGES = tuple(
    route
    for route in ROUTES
    if route.method == "get" and route.has_result and not route.name.startswith("api-")
)
PAGES_OF_ACCOUNTS = (
    "account_login",
    "account_logout",
    "account_email",
    "account_change_password",
    "account_reset_password",
    "mfa_index",
    "usersessions_list",
)


def templates() -> dict[str, str]:
    roots = (REPOSITORY / "portal", REPOSITORY / "frontend" / "templates")
    files = [f for root in roots for kind in ("*.html", "*.txt") for f in root.rglob(kind)]
    kept = [file for file in files if file.name not in WITHOUT_LANGUAGE]
    return {str(f.relative_to(REPOSITORY)): f.read_text(encoding="utf-8") for f in kept}


def test_every_word_of_a_template_is_marked() -> None:
    found = {
        name: [text for text in unmarked_in_template(written) if is_language(text)]
        for name, written in templates().items()
    }
    assert {name: texts for name, texts in found.items() if texts} == {}


def is_language(text: str) -> bool:
    return bool({*WORD.findall(text)} - SAME_EVERYWHERE - {"report", "record"})


@pytest.mark.parametrize(
    "written",
    [
        "<p>Close the trial</p>",
        '<input aria-label="Name of the site">',
        "<p>{{ n }} lines</p>",
        '<p>{% if a %}closed{% else %}{% translate "open" %}{% endif %}</p>',
    ],
)
def test_an_unmarked_word_is_seen(written: str) -> None:
    assert unmarked_in_template(written) != []


@pytest.mark.parametrize(
    "written",
    [
        '<p>{% translate "Close" %} <code>manage.py tidy</code></p>',
        "<p>{# A note #}{% blocktranslate %}{{ n }} lines{% endblocktranslate %}</p>",
        "<script>const word = 1;</script><p class='a b'>{{ page.name }}</p>",
    ],
)
def test_marked_words_code_and_notes_are_no_unmarked_words(written: str) -> None:
    assert unmarked_in_template(written) == []


class Asked:
    """Notes what the catalogue of the language of the page does not know."""

    def __init__(self, translate: Callable[[str], str]) -> None:
        self.unknown: set[str] = set()
        self._translate = translate

    def __call__(self, message: str) -> str:
        if message and translation.get_language() != settings.LANGUAGE_CODE:
            known = trans_real.catalog()._catalog  # type: ignore[attr-defined]  # no other way
            if message not in known:
                self.unknown.add(str(message))
        return self._translate(message)


@pytest.mark.django_db
@pytest.mark.parametrize("code", CATALOGUES)
def test_pages_ask_for_no_word_that_is_not_translated(
    cast: Cast, browser_of: Browser, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    world = build_world(cast)
    asked = Asked(trans_real.gettext)
    monkeypatch.setattr(translation._trans, "gettext", asked)  # type: ignore[attr-defined]
    seen = [
        page
        for name in ("ada", "rosa", "uma", "tom")
        for page in pages(world, browser_of, name, code)
    ]
    assert len(seen) > len(PAGES)
    of_nobody = asked.unknown - data() - {name for _, name in settings.LANGUAGES}
    assert sorted(word for word in of_nobody if WORD.search(word)) == []


def pages(world: World, browser_of: Browser, name: str, code: str) -> list[tuple[str, str]]:
    """Return the pages that a person of the cast sees, with their addresses."""
    person = world.cast.people[name]
    client = browser_of(person)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = code
    urls = [url_of(world, route) for route in PAGES if name in route.who]
    urls += [reverse(each) for each in PAGES_OF_ACCOUNTS]
    answers = [(url, client.get(url)) for url in urls]
    return [
        (url, answer.content.decode())
        for url, answer in answers
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
    ]


def url_of(world: World, route: Route) -> str:
    return reverse(route.name, args=[world.keys[each] for each in route.arguments])


def data() -> set[str]:
    """Return every text that stands in the database: names, codes, sentences that people wrote."""
    return {
        str(value)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        for value in model._default_manager.values_list(field.name, flat=True)
        if value
    }


def is_english(text: str, written: set[str]) -> bool:
    for each in sorted(written, key=len, reverse=True):
        text = text.replace(each, " ")
    return len({*WORD.findall(text)} - SAME_EVERYWHERE) > 1


@pytest.mark.django_db
def test_pages_say_nothing_in_english_that_no_person_wrote(cast: Cast, browser_of: Browser) -> None:
    """A sentence that is the same in English and German was not marked where it is made.

    But on the page of the models, which shows the words of their cards.
    """
    world = build_world(cast)
    written = data()
    left = {
        (url, text)
        for name in ("ada", "rosa", "uma")
        for (url, english), (_, german) in zip(
            pages(world, browser_of, name, settings.LANGUAGE_CODE),
            pages(world, browser_of, name, "de"),
            strict=True,
        )
        if url != reverse("administration-models")
        for text in {*texts_of_page(english)} & {*texts_of_page(german)}
        if is_english(text, written)
    }
    assert sorted(left) == []
