from __future__ import annotations

import json
from typing import Any

import pytest

from analysis.errors import UnusableInput
from analysis.ingest.child import Item, Task, _answer
from analysis.ingest.options import ReadLimits


def raising(error: BaseException) -> Task:
    def task(_: Item, __: ReadLimits) -> str:
        raise error

    return task


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UnusableInput("It is empty.", code="empty"), {"error": "It is empty.", "code": "empty"}),
        (OSError(28, "No space left"), {"error": "No space left", "code": "os-error", "errno": 28}),
        (OSError(), {"error": "it cannot be read", "code": "os-error", "errno": None}),
        (ValueError("x"), {"error": "its content is damaged", "code": "damaged"}),
        (
            MemoryError(),
            {"error": "reading it needs more memory than any MR image", "code": "damaged"},
        ),
    ],
)
def test_an_error_becomes_an_answer(error: BaseException, expected: dict[str, Any]) -> None:
    assert json.loads(_answer(raising(error), {}, ReadLimits())) == expected


def test_a_value_is_passed_on() -> None:
    assert json.loads(_answer(lambda *_: "[1, 2]", {}, ReadLimits())) == {"ok": [1, 2]}
