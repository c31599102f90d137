from __future__ import annotations

import json
from typing import Any

import pytest

from analysis.errors import UnusableInput
from analysis.ingest.child import Item, Task, _answer
from analysis.ingest.options import ReadLimits
from analysis.wording import words

EMPTY = words("It holds %(n)s files.", n=0)


def raising(error: BaseException) -> Task:
    def task(_: Item, __: ReadLimits) -> str:
        raise error

    return task


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            UnusableInput(EMPTY, code="empty"),
            {
                "error": "It holds 0 files.",
                "code": "empty",
                "words": {
                    "template": "It holds %(n)s files.",
                    "values": [{"name": "n", "text": "0", "words": None}],
                },
            },
        ),
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
