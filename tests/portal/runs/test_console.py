from __future__ import annotations

import io

from rich.console import Console

from portal.runs.console import watching
from tests.portal.runs.toy_stages import TOY_STAGES


def shown(*, is_terminal: bool) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=is_terminal, width=120)
    with watching(console, TOY_STAGES) as watch:
        for stage in TOY_STAGES:
            watch(stage, 0.0, "")
            watch(stage, 0.5, "half way")
            watch(stage, 1.0, "")
    return file.getvalue()


def test_a_log_gets_one_line_a_stage() -> None:
    lines = shown(is_terminal=False).splitlines()
    assert [line.split(" (")[0] for line in lines] == [
        "[1/4] Read",
        "[2/4] Segment",
        "[3/4] Map",
        "[4/4] Write",
    ]


def test_a_terminal_gets_a_bar_a_stage() -> None:
    text = shown(is_terminal=True)
    assert all(stage.title in text for stage in TOY_STAGES)
    assert "100 %" in text
