"""Stages that take no time, in the shape of the real ones: one splits, one joins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from portal.accounts.models import User
from portal.runs.stage import Queue, Stage, StageJob
from portal.studies.filing import file_parts
from portal.studies.models import Study
from portal.studies.services import complete_upload, open_upload
from portal.studies.storage import current_storage
from portal.trials.models import Site
from tests.portal.conftest import line


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
    Stage("ingest", "Read", toy_ingest, (), Queue.CPU, 60),
    Stage("segment", "Segment", toy_segment, ("ingest",), Queue.GPU, 60),
    Stage("map", "Map", toy_map, ("ingest",), Queue.CPU, 60),
    Stage("export", "Write", toy_export, ("segment", "map"), Queue.CPU, 60),
)


class Calls:
    """What was handed to the broker; ``error`` stands for a broker that is away."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.error: Exception | None = None

    def send_task(self, name: str, *, kwargs: dict[str, str], queue: str, **options: Any) -> None:
        if self.error is not None:
            raise self.error
        self.sent.append((kwargs["stage"], queue))


def upload_study(site: Site, user: User, files: dict[str, bytes], subject: str = "S-1") -> Study:
    """Receive files as the portal does, down to the storage."""
    lines = [line(name, content) for name, content in files.items()]
    upload = open_upload(user, site, subject, "Baseline", lines)
    parts = {}
    for announced, content in zip(lines, files.values(), strict=True):
        part = current_storage().incoming / announced.sha256
        part.write_bytes(content)
        parts[announced.sha256] = part
    file_parts(upload, parts)
    return complete_upload(upload, by=user)
