"""What the page about storage shows: who takes how much, what is left, what belongs to nobody."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Sum

from portal.reports.models import Report, ReportFile
from portal.runs import storage as results
from portal.runs.models import AnalysisRun, Artefact
from portal.studies.models import StoredFile, Upload
from portal.studies.storage import current_storage
from portal.studies.tidying import YOUNGEST_ORPHAN_S
from portal.trials.models import Trial


@dataclass(frozen=True, slots=True)
class TrialRoom:
    trial: str
    studies: int
    received_bytes: int
    results_bytes: int
    quota_bytes: int | None  # of what is received; None: no limit

    @property
    def total_bytes(self) -> int:
        return self.received_bytes + self.results_bytes


@dataclass(frozen=True, slots=True)
class Orphans:
    """What lies on the disc and stands in no table."""

    contents: int
    folders: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class StoragePage:
    trials: tuple[TrialRoom, ...]
    stored_files: int
    stored_bytes: int
    open_bytes: int
    free_bytes: int
    keep_free_bytes: int
    orphans: Orphans | None  # None until it was looked for

    @property
    def is_short(self) -> bool:
        return self.free_bytes < 2 * self.keep_free_bytes


def storage_page(*, look_for_orphans: bool = False) -> StoragePage:
    stored = StoredFile.objects.aggregate(count=Count("pk"), total=Sum("size_bytes"))
    still_open = Upload.objects.filter(state=Upload.State.OPEN)
    return StoragePage(
        trials=_trials(),
        stored_files=stored["count"],
        stored_bytes=stored["total"] or 0,
        open_bytes=still_open.aggregate(total=Sum("size_bytes"))["total"] or 0,
        free_bytes=current_storage().free_bytes(),
        keep_free_bytes=settings.STORAGE_KEEP_FREE_BYTES,
        orphans=find_orphans() if look_for_orphans else None,
    )


def _trials() -> tuple[TrialRoom, ...]:
    complete = Upload.objects.filter(state=Upload.State.COMPLETE).order_by()
    received = {
        trial: (count, total)
        for trial, count, total in complete.values_list("trial").annotate(
            count=Count("pk"), total=Sum("size_bytes")
        )
    }
    made = dict(
        Artefact.objects.order_by().values_list("run__study__trial").annotate(Sum("size_bytes"))
    )
    corrected = dict(
        ReportFile.objects.order_by()
        .values_list("report__study__trial")
        .annotate(Sum("size_bytes"))
    )
    lines = [
        TrialRoom(
            trial.name,
            *received.get(trial.pk, (0, 0)),
            made.get(trial.pk, 0) + corrected.get(trial.pk, 0),
            trial.quota_bytes,
        )
        for trial in Trial.objects.order_by("name")
    ]
    return tuple(sorted(lines, key=lambda line: -line.total_bytes))


def find_orphans() -> Orphans:
    """Look through the whole disc; young content may belong to a request under way."""
    known = {*StoredFile.objects.values_list("sha256", flat=True)}
    names = current_storage().names(before=time.time() - YOUNGEST_ORPHAN_S)
    contents = sum(1 for name in names if name not in known)
    folders = (*_strange("runs", _ids(AnalysisRun)), *_strange("reports", _ids(Report)))
    return Orphans(contents, tuple(folders))


def _ids(model: type[AnalysisRun] | type[Report]) -> set[str]:
    return {str(key) for key in model._default_manager.values_list("pk", flat=True)}


def _strange(name: str, known: set[str]) -> Iterator[Path]:
    """Yield folders named like a record that there is not (any more)."""
    for folder in sorted((results.root() / name).glob("*")):
        is_old = folder.stat().st_mtime < time.time() - YOUNGEST_ORPHAN_S
        if is_old and _is_uuid(folder.name) and folder.name not in known:
            yield folder


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def remove_orphan_folders() -> int:
    """Remove the results of runs and reports that are gone; return how many folders went."""
    folders = find_orphans().folders
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return len(folders)
