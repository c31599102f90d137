"""Free text reduced to known imaging words; whatever is not known could be a name."""

from __future__ import annotations

import re

from portal.studies.deidentification.rules import Rules

# Digits are those of ASCII: the browser, which reads the same table, knows others differently.
_TOKEN = re.compile(r"[^\W_]+", re.UNICODE)
_PIECE = re.compile(r"[^\W0-9_]+|[0-9]+", re.UNICODE)
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SEPARATORS = re.compile(r"[^\w\s\-_/*:.+%()\[\],=<>]", re.UNICODE)
_DIGITS_IN_WORD = 3
_LONE_DIGITS = 2
_DIGITS_IN_VERSION = 4


def known_words(text: str, rules: Rules) -> str:
    """Keep known words, numbers that are part of them, and at most two lone digits.

    >>> from portal.studies.deidentification.rules import load_rules
    >>> known_words("t1_vibe_DOE^Jane 3D MRN 00123456", load_rules())
    't1_vibe_ 3D'
    """
    if text.strip() in rules.terms:
        return text.strip()
    lone_digits = iter(range(_LONE_DIGITS))

    def keep(found: re.Match[str]) -> str:
        token = found[0]
        if _is_number(token):
            return token if len(token) == 1 and next(lone_digits, None) is not None else ""
        return token if _is_known(token, rules) else ""

    return _tidy(_TOKEN.sub(keep, text))


def known_version(text: str, rules: Rules) -> str:
    """Keep known words and short numbers, as in ``syngo MR E11`` or ``5.7.1``."""

    def keep(found: re.Match[str]) -> str:
        pieces = _PIECE.findall(found[0])
        is_version = all(
            len(piece) <= _DIGITS_IN_VERSION if _is_number(piece) else _is_word(piece, rules)
            for piece in pieces
        )
        return found[0] if is_version and len(pieces) <= _DIGITS_IN_VERSION else ""

    return _tidy(_TOKEN.sub(keep, text))


def _is_number(piece: str) -> bool:
    return piece.isascii() and piece.isdigit()


def _is_known(token: str, rules: Rules) -> bool:
    pieces = _PIECE.findall(token)
    return (
        all(
            len(piece) <= _DIGITS_IN_WORD if _is_number(piece) else _is_word(piece, rules)
            for piece in pieces
        )
        and sum(map(_is_number, pieces)) <= _LONE_DIGITS
    )


def _is_word(piece: str, rules: Rules) -> bool:
    if piece.lower() in rules.words:
        return True
    parts = _CAMEL.findall(piece)
    return (
        len(parts) > 1
        and "".join(parts) == piece
        and all(len(part) > 1 and part.lower() in rules.words for part in parts)
    )


def _tidy(text: str) -> str:
    return " ".join(_SEPARATORS.sub(" ", text).split())
