"""Sentences for readers as data: an English template, and the values that fill its places.

The English sentence is made from the template, so the two never differ. Whoever shows it may
put another template in its place: this package knows no languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_PLACE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Value:
    """What fills a place of a sentence.

    Parameters
    ----------
    name
        The place.
    text
        A number with its unit, a name, or the English of ``words``.
    words
        Where the value is words itself.
    """

    name: str
    text: str
    words: Words | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence, or a part of one.

    Parameters
    ----------
    template
        English, with a place ``%(name)s`` for each value; any other ``%`` is a per cent sign.
    values
        One a place.

    Raises
    ------
    ValueError
        If places and values do not go together.
    """

    template: str
    values: tuple[Value, ...] = ()

    def __post_init__(self) -> None:
        if set(_PLACE.findall(self.template)) != {value.name for value in self.values}:
            raise ValueError(f"places and values differ: {self.template!r}, {self.values}")

    @property
    def text(self) -> str:
        """The English sentence."""
        return self.said(str)

    def said(self, translate: Callable[[str], str]) -> str:
        """Return the sentence with every template put through ``translate``, values as they are."""
        filled = {v.name: v.words.said(translate) if v.words else v.text for v in self.values}
        return _PLACE.sub(lambda place: filled.get(place[1], place[0]), translate(self.template))


def words(template: str, /, **values: str | int | Words) -> Words:
    """Return words from a template, which must be a literal: the catalogues are held to those.

    Parameters
    ----------
    template
        As in ``Words``.
    values
        One a place.

    Examples
    --------
    >>> words("Only %(kept)s of %(total)s slices are there.", kept=3, total=4).text
    'Only 3 of 4 slices are there.'
    """
    return Words(template, tuple(_value(name, value) for name, value in values.items()))


def _value(name: str, value: str | int | Words) -> Value:
    return Value(name, value.text, value) if isinstance(value, Words) else Value(name, str(value))


def plain(text: str) -> Words:
    """Return the words of a text without values, whatever stands in it.

    Parameters
    ----------
    text
        A sentence.
    """
    return words("%(text)s", text=text) if _PLACE.search(text) else Words(text)


def listed(items: Iterable[str | Words], between: str = ", ") -> Words:
    """Return items one after the other.

    Parameters
    ----------
    items
        Names and numbers, or words.
    between
        Punctuation that holds in every language.

    Examples
    --------
    >>> listed(["I", "II"]).text
    'I, II'
    """
    values = tuple(_value(str(n), item) for n, item in enumerate(items, start=1))
    return Words(between.join(f"%({value.name})s" for value in values), values)


def words_from(data: Mapping[str, Any]) -> Words:
    """Return the words that ``dataclasses.asdict`` made plain data of.

    Parameters
    ----------
    data
        ``template`` and ``values``.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is no such data.
    """
    values = (
        Value(v["name"], v["text"], words_from(v["words"]) if v["words"] else None)
        for v in data["values"]
    )
    return Words(data["template"], tuple(values))
