"""Running one claimed stage; the only broad ``except`` of the project is here."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded

from analysis.errors import AnalysisError, OutputFailed
from analysis.segmentation import Segmentation
from analysis.wording import words
from portal.runs import manifest, pipeline, storage
from portal.runs.claims import Claim, ClaimLost, claim_stage, worker_name
from portal.runs.codec import NO_ARRAYS, OUTDATED, decode, read_value, write_value
from portal.runs.heartbeat import heartbeat
from portal.runs.models import AnalysisRun, RunState
from portal.runs.outcomes import StageResult, do_again, fail, finish, too_slow, unexpected
from portal.runs.pipeline import find_stage
from portal.runs.results_folder import writing
from portal.runs.stage import AnalyseOptions, Progress, Stage, StageJob
from portal.studies.services import materialise

logger = logging.getLogger(__name__)


class OutdatedInput(Exception):
    """The result of an earlier stage does not fit the types of this version."""

    def __init__(self, stage: str, error: AnalysisError) -> None:
        super().__init__(stage)
        self.stage = stage
        self.error = error


def run_stage(run_id: UUID, name: str) -> bool:
    """Do one stage of a run if it is due; return whether it was done here.

    1. Claim it. Somebody else has it, or it is done, or the run was cancelled: nothing to do.
    2. Load the results of earlier stages, checked against their hashes.
    3. Call the stage's function; a second thread keeps the lease and carries the progress.
    4. Store the result in this claim's own folder.
    5. In one transaction, if the claim still holds: note hash and manifest, queue what is now due.
    6. A result of an earlier stage that another version wrote: that stage is made due again.
    7. A failure is noted in words for the person who waits; a fault of the program is raised on.
    """
    claim = claim_stage(run_id, name)
    if claim is None:
        return False
    try:
        with heartbeat(claim) as beat:
            result = _work(claim, find_stage(name), beat.tell)
        finish(claim, result)
    except ClaimLost:
        _drop(claim)
        return False
    except OutdatedInput as outdated:
        _make_again(claim, outdated)
        return False
    except AnalysisError as error:
        _note_failure(claim, error)
        return False
    except SoftTimeLimitExceeded:
        _note_failure(claim, too_slow(find_stage(name)))
        return False
    except Exception:
        _note_failure(claim, unexpected(claim))
        raise
    _tidy(claim)
    return True


def _tidy(claim: Claim) -> None:
    """Drop what unfinished claims left and, at the end of a run, what repeats its input."""
    storage.forget_other_claims(claim.run_id, claim.stage, claim.token)
    if AnalysisRun.objects.filter(pk=claim.run_id, state=RunState.SUCCEEDED).exists():
        for stage in pipeline.STAGES:
            if not stage.is_kept:
                storage.forget_stage(claim.run_id, stage.name)


def _note_failure(claim: Claim, error: AnalysisError) -> None:
    logger.warning("Run %s, stage %s: %s", claim.run_id, claim.stage, error.code)
    try:
        fail(claim, error)
    except ClaimLost:
        logger.info("Run %s, stage %s was taken away before it failed.", claim.run_id, claim.stage)
    _drop(claim)


def _make_again(claim: Claim, outdated: OutdatedInput) -> None:
    logger.info("Run %s: %s was made by another version.", claim.run_id, outdated.stage)
    try:
        do_again(claim, outdated.stage, outdated.error)
    except ClaimLost:
        logger.info("Run %s, stage %s was taken away meanwhile.", claim.run_id, claim.stage)
    _drop(claim)


def _drop(claim: Claim) -> None:
    folder = storage.claim_folder(claim.run_id, claim.stage, claim.token)
    shutil.rmtree(folder, ignore_errors=True)


def _work(claim: Claim, stage: Stage, progress: Progress) -> StageResult:
    run = AnalysisRun.objects.select_related("study").get(pk=claim.run_id)
    hashes = {row.stage: (row.output_sha256, row.fencing_token) for row in run.stages.all()}
    options = decode(run.options, AnalyseOptions, NO_ARRAYS)
    folder = storage.claim_folder(run.pk, stage.name, claim.token)
    with writing(words("the storage of the portal")), _source(run, stage) as source:
        files = folder / storage.FILES
        files.mkdir(parents=True)
        inputs = [_load(run, name, *hashes[name]) for name in stage.inputs]
        started = time.perf_counter()
        job = StageJob(source, files, options, progress, models=(storage.models(),))
        value = stage.load()(job, *inputs)
        seconds = round(time.perf_counter() - started, 3)
        sha256 = write_value(value, stage.output, folder)
        records = manifest.file_records(files)
    models = value.models if isinstance(value, Segmentation) else ()
    made: dict[str, Any] = {
        "schema_version": manifest.SCHEMA_VERSION,
        "inputs": {name: hashes[name][0] for name in stage.inputs},
        "output_sha256": sha256,
        "models": [{"name": m.name, "sha256": m.sha256, "device": m.device} for m in models],
        "packages": dict(manifest.package_versions()),
        "options": run.options,
        "seconds": seconds,
        "worker": worker_name(),
        "peak_memory_mb": manifest.peak_memory_mb(),
    }
    return StageResult(sha256, made, records, storage.relative(files), models)


@contextmanager
def _source(run: AnalysisRun, stage: Stage) -> Iterator[Path]:
    """Lay out the study's files under the names they were sent with, for the first stage only."""
    if stage.inputs:
        yield Path("/nonexistent")
        return
    with TemporaryDirectory(prefix="lobule-", dir=storage.scratch()) as folder:
        yield materialise(run.study, Path(folder))


def _load(run: AnalysisRun, name: str, sha256: str, token: int) -> Any:
    folder = storage.claim_folder(run.pk, name, token)
    try:
        return read_value(find_stage(name).output, folder, sha256)
    except OutputFailed as error:
        if error.code != OUTDATED:
            raise
        raise OutdatedInput(name, error) from error
