from __future__ import annotations

import math
import struct
from typing import Any

import pytest

from analysis.ingest.values import as_number, as_text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.5", 1.5),
        (["2", "3"], 2.0),
        (struct.pack("<f", 0.5), 0.5),
        (struct.pack("<h", -3), -3.0),
        ("", None),
        ([], None),
        (None, None),
        ("abc", None),
        (math.inf, None),
        (b"123", None),
    ],
)
def test_a_number_is_finite_or_none(value: Any, expected: float | None) -> None:
    assert as_number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" FatFrac\x00 ", "FatFrac"),
        (["M", "ND"], "M\\ND"),
        (b"W\xff", "W"),
        (None, ""),
        ("a\nb", "a b"),
        ("x" * 999, "x" * 256),
    ],
)
def test_text_is_printable_and_bounded(value: Any, expected: str) -> None:
    assert as_text(value) == expected
