"""On a tablet held upright no page is wider than the screen: what is wide scrolls by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Portal
from tests.browser.test_accessibility import PAGES, PERSON

TOO_WIDE = """() => {
  const page = document.documentElement;
  return page.scrollWidth > page.clientWidth ? page.scrollWidth : 0;
}"""


@pytest.mark.parametrize("person", ["admin", "uploader"])
@pytest.mark.parametrize("language", ["en-gb", "de"])
def test_no_page_is_wider_than_a_tablet(
    portal: Portal, context_for: Callable[..., Any], language: str, person: str
) -> None:
    """German has the longest words."""
    mine = [name for name in PAGES if PERSON.get(name, "uploader") == person]
    context = context_for(person, viewport={"width": 768, "height": 1024})
    context.add_cookies([{"name": "django_language", "value": language, "url": portal.address}])
    page = context.new_page()
    wide = {}
    for name in mine:
        page.goto(portal.url(PAGES[name].format(**portal.made)))
        if width := page.evaluate(TOO_WIDE):
            wide[name] = width
    assert len(mine) > 10
    assert wide == {}
