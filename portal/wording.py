"""Sentences that ``analysis`` and ``inference`` made, in the reader's language.

Files hold the English sentence; pages show its template from the catalogue with the same values.
What no catalogue knows, such as a sentence of an earlier version, stays English.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext

from analysis.wording import Words


def said(text: str, words: Iterable[Words] = ()) -> str:
    """Return a stored sentence in the reader's language; ``words`` are those stored beside it."""
    found = next((each for each in words if each.text == text), None)
    return say(found) if found else _translated(text)


def say(words: Words) -> str:
    return words.said(_translated)


def _translated(template: str) -> str:
    return gettext(template) if template else ""  # gettext gives its own header for an empty text
