"""What a trial asks of subject numbers: their form, and where each may be used once.

A form is text with ``#`` for a digit, ``@`` for a letter and ``{site}`` for the code of the site;
every other character stands for itself. It is no regular expression, so no form can take long.
"""

from __future__ import annotations

import unicodedata
from http import HTTPStatus

from analysis.wording import words
from portal.errors import PortalError

SITE = "{site}"


class SubjectRefused(PortalError):
    """A subject number that the trial does not allow."""


def example_of(form: str, site_code: str) -> str:
    """Return a number in the form, such as ``"N-001"``."""
    number = form.replace("@", "A").replace("#", "0").replace(SITE, site_code)
    return f"{number[:-1]}1" if form.endswith("#") else number


def matches(code: str, form: str, site_code: str) -> bool:
    """Tell whether a number has the form; an empty form allows everything."""
    if not form:
        return True
    return _fits(code, _places(form, site_code))


def refuse_wrong_form(code: str, form: str, site_code: str) -> None:
    if not matches(code, form, site_code):
        raise SubjectRefused(
            words(
                "Subject codes of this trial look like %(example)s; check the code and type it "
                "again.",
                example=example_of(form, site_code),
            ),
            code="subject-form",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )


def _places(form: str, site_code: str) -> list[tuple[str, bool]]:
    """Return (character, stands for itself) for each place of a number in the form."""
    places: list[tuple[str, bool]] = []
    for index, part in enumerate(form.split(SITE)):
        if index:
            places += [(character, True) for character in site_code]
        places += [(character, character not in "#@") for character in part]
    return places


def _fits(code: str, places: list[tuple[str, bool]]) -> bool:
    return len(code) == len(places) and all(
        character == wanted
        if is_itself
        else character.isdecimal() and character.isascii()
        if wanted == "#"
        else unicodedata.category(character).startswith("L")
        for character, (wanted, is_itself) in zip(code, places, strict=True)
    )
