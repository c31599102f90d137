"""What is left of one value under each action of the rule table."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterable
from datetime import date
from typing import Any

from portal.studies.deidentification.pseudonyms import Pseudonyms
from portal.studies.deidentification.rules import Action, Rules
from portal.studies.deidentification.wording import known_version, known_words

_BINARY_NUMBERS = {"FL": "<f", "FD": "<d", "SS": "<h", "US": "<H", "SL": "<i", "UL": "<I"}
_LONGEST_NUMBER = 16  # characters of a DS or IS
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?")
_DATE = re.compile(r"([0-9]{4})\.?([0-9]{2})\.?([0-9]{2})")
_EARLIEST_YEAR = 1000  # four digits after the shift, too
_AGE = re.compile(r"([0-9]{1,3})([DWMY])")


class Unclean(Exception):
    """A value is not what its attribute should hold, so that nothing can be said about it."""


def several(value: Any) -> list[Any]:
    is_single = isinstance(value, str | bytes) or not isinstance(value, Iterable)
    return [value] if is_single else list(value)


def numbers(value: Any, vr: str) -> list[Any]:
    """Return the values if all of them are finite numbers, unchanged, as they were written."""
    if isinstance(value, bytes):
        layout = _BINARY_NUMBERS.get(vr)
        if layout is None or len(value) != struct.calcsize(layout):
            raise Unclean
        value = struct.unpack(layout, value)[0]
    kept = several(value)
    if not all(_is_number(each, vr) for each in kept):
        raise Unclean
    return kept


def _is_number(value: Any, vr: str) -> bool:
    if vr in {"DS", "IS"}:
        text = str(getattr(value, "original_string", value))
        pattern = _WHOLE if vr == "IS" else _DECIMAL
        return len(text) <= _LONGEST_NUMBER and pattern.fullmatch(text) is not None
    return isinstance(value, int | float) and math.isfinite(value)


def words(value: Any, rules: Rules) -> list[str]:
    return [known_words(str(each), rules) for each in several(value)]


def version(value: Any, rules: Rules) -> list[str]:
    return [known_version(str(each), rules) for each in several(value)]


def uids(value: Any, pseudonyms: Pseudonyms) -> list[str]:
    return [pseudonyms.uid(str(each)) for each in several(value) if str(each)]


def known_uids(value: Any, rules: Rules) -> list[str]:
    kept = [str(each) for each in several(value)]
    if not all(rules.standard_uids.match(uid) for uid in kept):
        raise Unclean
    return kept


def shifted(value: Any, vr: str, days_of: Pseudonyms, patient_id: str, rules: Rules) -> str:
    """Move a DA or DT; of a DT the time of day is set to midnight."""
    if not str(value or "").strip():
        return ""
    found = _DATE.match(str(value).strip())
    if found is None:
        raise Unclean
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
        moved = days_of.shifted(day, patient_id, rules.date_shift_days)
    except (ValueError, OverflowError) as error:
        raise Unclean from error
    if moved.year < _EARLIEST_YEAR:
        raise Unclean
    return f"{moved:%Y%m%d}" + ("000000" if vr == "DT" else "")


def age(value: Any, rules: Rules) -> str:
    found = _AGE.fullmatch(str(value or "").strip())
    if found is None:
        return ""
    years = int(found[1]) if found[2] == "Y" else 0
    return (
        f"{rules.oldest_age_years:03d}Y" if years > rules.oldest_age_years else str(value).strip()
    )


def pointers(value: Any, rules: Rules) -> list[int]:
    """Return pointers to attributes that are kept; to others they would lead nowhere."""
    kept = [int(each) for each in several(value)]
    if not all(tag in rules.actions for tag in kept):
        raise Unclean
    return kept


def is_text(action: Action) -> bool:
    return action in {Action.WORDS, Action.VERSION}
