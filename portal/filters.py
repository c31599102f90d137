"""Filters in the address of a page: what is not known is said, never taken for something else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Choice:
    """The value that holds, and a sentence where another one was asked for."""

    value: str
    notice: str = ""


def choose(asked: str, known: Collection[str], *, otherwise: str = "", what: str) -> Choice:
    """Return what was asked for if it is known, else the usual value and a sentence about it."""
    if asked in known:
        return Choice(asked)
    if not asked:
        return Choice(otherwise)
    return Choice(
        otherwise,
        _("There is no %(what)s “%(asked)s”; it was left out of the filters.")
        % {"what": what, "asked": asked[:60]},
    )
