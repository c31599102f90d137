"""Stages that take no time, in the shape of the real ones: one splits, one joins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portal.runs.stage import Queue, Stage, StageJob


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    names: tuple[str, ...]
    voxels: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Written:
    name: str


def toy_ingest(job: StageJob) -> Images:
    names = tuple(sorted(path.name for path in job.source.rglob("*") if path.is_file()))
    return Images(names, np.arange(8, dtype=np.float32))


def toy_segment(job: StageJob, images: Images) -> Number:
    return Number(float(images.voxels.sum()))


def toy_map(job: StageJob, images: Images) -> Number:
    job.progress(0.5, "half way")
    return Number(float(images.voxels.max()))


def toy_export(job: StageJob, segment: Number, mapped: Number) -> Written:
    (job.results / "report.json").write_text(f'{{"sum": {segment.value}, "max": {mapped.value}}}')
    return Written("report.json")


TOY_STAGES = (
    Stage("ingest", "Read", toy_ingest, (), Queue.CPU, 60, is_kept=False),
    Stage("segment", "Segment", toy_segment, ("ingest",), Queue.GPU, 60),
    Stage("map", "Map", toy_map, ("ingest",), Queue.CPU, 60),
    Stage("export", "Write", toy_export, ("segment", "map"), Queue.CPU, 60),
)
