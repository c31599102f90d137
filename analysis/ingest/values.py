"""Values out of strangers' headers as plain Python; a malformed value is None or empty."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from typing import Any

from analysis.ingest.malformed import MALFORMED

MAX_TEXT = 256
_BYTES_AS_NUMBER = {2: "<h", 4: "<f", 8: "<d"}  # private elements whose VR was lost in export


def as_number(value: Any) -> float | None:
    """Return a finite number, or None; the first one where there are several."""
    if isinstance(value, bytes):
        code = _BYTES_AS_NUMBER.get(len(value))
        value = struct.unpack(code, value)[0] if code else None
    elif not isinstance(value, str | float | int) and isinstance(value, Iterable):
        value = next(iter(value), None)
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except MALFORMED:
        return None
    return number if math.isfinite(number) else None


def as_text(value: Any) -> str:
    """Return a value as trimmed printable text of at most 256 characters."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        value = value.decode("ascii", errors="replace")
    elif not isinstance(value, str) and isinstance(value, Iterable):
        value = "\\".join(str(item) for item in value)
    text = str(value)[:MAX_TEXT]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return text.replace("\ufffd", "").strip()
