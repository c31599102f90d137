"""The one table that says what may leave a site; the browser reads the same file.

Nothing is kept because it looks harmless: an attribute that is not listed is removed, and of a
listed one only what its action can prove harmless stays (numbers, known words, keyed pseudonyms).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("rules.json")


class Action(StrEnum):
    """What happens to an attribute that is kept; the letter in brackets is that of PS3.15."""

    NUMBER = "number"  # (K) every value must be a finite number
    WORDS = "words"  # (C) known imaging words stay, everything else goes
    VERSION = "version"  # (C) known words and short version numbers stay
    UID = "uid"  # (U) keyed pseudonym
    KNOWN_UID = "known uid"  # (K) stays if the standard defines it
    SHIFT = "shift"  # (C) date moved by the patient's own number of days, time of day removed
    EMPTY = "empty"  # (Z)
    PSEUDONYM = "pseudonym"  # (D) the subject's code
    AGE = "age"  # (K) ages above the limit are told as the limit
    CODE = "code"  # (K) codes of the list only
    POINTER = "pointer"  # (K) a pointer to a standard attribute
    ITEMS = "items"  # the same rules inside
    PIXELS = "pixels"  # (K) untouched


# A value is read as what the table says it is; files now and then use a close relative of it.
ALIKE = (
    frozenset({"DS", "IS"}),
    frozenset({"US", "SS", "UL", "SL", "FL", "FD"}),
    frozenset({"AE", "AS", "CS", "LO", "SH", "UC"}),
    frozenset({"OB", "OW", "OF", "OD"}),
)


@dataclass(frozen=True, slots=True)
class PrivateRule:
    """A private element that the standard (PS3.15 E.3.10) or the vendor calls safe."""

    creator: str
    group: int
    element: int
    vr: str
    action: Action


@dataclass(frozen=True, slots=True)
class Rules:
    version: str
    actions: dict[int, Action]
    vrs: dict[int, frozenset[str]]
    private: tuple[PrivateRule, ...]
    words: frozenset[str]
    terms: frozenset[str]
    codes: frozenset[tuple[str, str]]
    method_codes: tuple[tuple[str, str], ...]
    sop_classes: dict[str, str]
    refused_image_types: tuple[str, ...]
    refused_descriptions: re.Pattern[str]
    refused_transfer_syntaxes: frozenset[str]
    photometric_interpretations: frozenset[str]
    date_shift_days: tuple[int, int]
    oldest_age_years: int
    transfer_syntaxes: re.Pattern[str]
    standard_uids: re.Pattern[str]
    implementation: tuple[str, str]
    sidecar: dict[str, str]


def _alike(vr: str) -> frozenset[str]:
    """Return the value representations that an attribute of this one may come as."""
    named = frozenset(vr.split(" or "))
    return named.union(*(group for group in ALIKE if group & named))


def parse(table: dict[str, Any]) -> Rules:
    return Rules(
        version=table["version"],
        actions={int(tag, 16): Action(row[2]) for tag, row in table["attributes"].items()},
        vrs={int(tag, 16): _alike(row[1]) for tag, row in table["attributes"].items()},
        private=tuple(
            PrivateRule(creator, int(group, 16), int(element, 16), vr, Action(action))
            for creator, group, element, vr, action, _meaning in table["private"]
        ),
        words=frozenset(table["words"]),
        terms=frozenset(table["terms"]),
        codes=frozenset((scheme, value) for scheme, value in table["codes"]),
        method_codes=tuple((value, meaning) for value, meaning in table["method_codes"]),
        sop_classes=table["sop_classes"],
        refused_image_types=tuple(table["refused_image_types"]),
        refused_descriptions=re.compile("|".join(table["refused_descriptions"]), re.IGNORECASE),
        refused_transfer_syntaxes=frozenset(table["refused_transfer_syntaxes"]),
        photometric_interpretations=frozenset(table["photometric_interpretations"]),
        date_shift_days=(table["date_shift_days"][0], table["date_shift_days"][1]),
        oldest_age_years=table["oldest_age_years"],
        transfer_syntaxes=re.compile(table["transfer_syntaxes"]),
        standard_uids=re.compile(table["standard_uids"]),
        implementation=(table["implementation"][0], table["implementation"][1]),
        sidecar=table["sidecar"],
    )


@cache
def rule_table() -> dict[str, Any]:
    """Return the table as it is written; the browser gets the same."""
    table: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return table


@cache
def load_rules() -> Rules:
    return parse(rule_table())
