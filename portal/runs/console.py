"""How far an analysis is, on a terminal (a bar a stage) or in a log (a line a stage)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from portal.runs.stage import Stage, Watch


@contextmanager
def watching(console: Console, stages: tuple[Stage, ...]) -> Iterator[Watch]:
    """Give a ``Watch`` that shows the progress of ``stages`` on ``console``."""
    if not console.is_terminal:
        yield _line_by_line(console, stages)
        return
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(bar_width=32),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[words]}"),
    )
    with Progress(*columns, console=console) as bars:
        yield _bars(bars, stages)


def _bars(bars: Progress, stages: tuple[Stage, ...]) -> Watch:
    tasks: dict[str, TaskID] = {
        stage.name: bars.add_task(stage.title, total=1.0, start=False, words="") for stage in stages
    }

    def watch(stage: Stage, fraction: float, words: str) -> None:
        task = tasks[stage.name]
        if fraction == 0:
            bars.start_task(task)
        bars.update(task, completed=fraction, words=words)
        if fraction >= 1:
            bars.stop_task(task)

    return watch


def _line_by_line(console: Console, stages: tuple[Stage, ...]) -> Watch:
    started = time.perf_counter()
    names = [stage.name for stage in stages]
    done: set[str] = set()

    def watch(stage: Stage, fraction: float, words: str) -> None:
        if fraction < 1 or stage.name in done:
            return
        done.add(stage.name)
        number = names.index(stage.name) + 1
        console.print(
            f"[{number}/{len(names)}] {stage.title} ({time.perf_counter() - started:.1f} s)",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )

    return watch
