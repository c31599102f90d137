"""What a stage is: one typed function, what it needs, where it runs and for how long."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

Progress = Callable[[float, str], None]
"""Called with the done part of a stage, 0 to 1, and a few words for people."""


def no_progress(fraction: float, text: str) -> None:
    """Ignore progress."""


class Queue(StrEnum):
    """Kind of worker that runs a stage."""

    CPU = "cpu"
    GPU = "gpu"


@dataclass(frozen=True, slots=True)
class AnalyseOptions:
    """What a person may decide about an analysis; everything else comes from the images.

    Parameters
    ----------
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``: where the model runs.
    echo_times_ms
        True echo times where the headers are wrong; empty to trust the headers.
    field_strength_t
        Field strength where the headers do not say it.
    spectrum
        Key of the fat spectrum of the fit.
    model
        ``"name:version"`` of the segmentation model; empty for the newest that Lobule ships.
    """

    device: str = "auto"
    echo_times_ms: tuple[float, ...] = ()
    field_strength_t: float | None = None
    spectrum: str = "six-peak"
    model: str = ""


@dataclass(frozen=True, slots=True)
class StageJob:
    """What every stage is given besides the results of earlier stages.

    Parameters
    ----------
    source
        Folder or archive with the images as received; only ``ingest`` reads it.
    results
        Folder for files; only ``export`` writes there.
    options
        Choices of the person who asked.
    progress
        To be told how far the stage is.
    models
        Folders of models besides those that Lobule ships.
    """

    source: Path
    results: Path
    options: AnalyseOptions
    progress: Progress = no_progress
    models: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Later:
    """A function by its name, loaded when it is first needed, and the type that it returns."""

    module: str
    name: str
    output: Any

    def load(self) -> Callable[..., Any]:
        """Import the module and return the function."""
        function: Callable[..., Any] = getattr(import_module(self.module), self.name)
        return function


@dataclass(frozen=True, slots=True)
class Stage:
    """One row of the path.

    Parameters
    ----------
    name
        Verb, as in ``StageRun.stage`` and on queues' messages.
    title
        What it does, for people.
    function
        ``function(job, *results of the inputs)``, or where to load it from; its return type is
        what is stored.
    inputs
        Names of earlier stages, in the order of the function's arguments.
    queue
        Kind of worker.
    soft_time_limit_s
        After this many seconds the stage is stopped and reported as too slow.
    is_kept
        False for a result that only repeats the input: it is dropped when the run has succeeded.
    """

    name: str
    title: str
    function: Callable[..., Any] | Later
    inputs: tuple[str, ...]
    queue: Queue
    soft_time_limit_s: int
    is_kept: bool = True

    @property
    def output(self) -> Any:
        """The type of the result."""
        if isinstance(self.function, Later):
            return self.function.output
        return get_type_hints(self.function)["return"]

    def load(self) -> Callable[..., Any]:
        """Return the function, loaded."""
        return self.function.load() if isinstance(self.function, Later) else self.function


@dataclass(frozen=True, slots=True)
class StageRecord:
    """How long a stage took."""

    name: str
    seconds: float


Watch = Callable[[Stage, float, str], None]
"""Called with a stage, the done part of it, 0 to 1, and a few words."""


def walk(
    stages: tuple[Stage, ...], job: StageJob, watch: Watch, keep: frozenset[str] = frozenset()
) -> tuple[dict[str, Any], tuple[StageRecord, ...]]:
    """Run ``stages`` in order in this process; return the results named in ``keep``, and times.

    A result is let go as soon as no later stage needs it: the images of a study are large.
    """
    results: dict[str, Any] = {}
    records: list[StageRecord] = []
    # Loading the program is no stage's work, and must not count as the first one's.
    functions = {stage.name: stage.load() for stage in stages}
    for position, stage in enumerate(stages):
        watch(stage, 0.0, "")
        started = time.perf_counter()
        told = replace(job, progress=partial(watch, stage))
        inputs = [results[name] for name in stage.inputs]
        results[stage.name] = functions[stage.name](told, *inputs)
        del inputs
        records.append(StageRecord(stage.name, round(time.perf_counter() - started, 3)))
        needed = keep.union(*(later.inputs for later in stages[position + 1 :]))
        results = {name: result for name, result in results.items() if name in needed}
        watch(stage, 1.0, "")
    return results, tuple(records)
