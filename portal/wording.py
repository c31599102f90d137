"""Sentences that ``analysis`` and ``inference`` made, in the reader's language.

Files hold the English sentence; pages show its template from the catalogue with the same values.
What no catalogue knows, such as a sentence of an earlier version, stays English.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext

from analysis.wording import Words, words_from


def said(text: str, words: Iterable[Words] = ()) -> str:
    """Return a stored sentence in the reader's language; ``words`` are those stored beside it."""
    found = next((each for each in words if each.text == text), None)
    return say(found) if found else _translated(text)


def said_as_stored(text: str, stored: Mapping[str, Any]) -> str:
    """Return a sentence of a row of the database; ``stored`` is its words as plain data, if any."""
    return said(text, (words_from(stored),) if stored else ())


def say(words: Words) -> str:
    return words.said(_translated)


def _translated(template: str) -> str:
    return gettext(template) if template else ""  # gettext gives its own header for an empty text
