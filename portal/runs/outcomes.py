"""How a stage ends, and with it perhaps its run: done, failed, put back, or given up."""

from __future__ import annotations

import mimetypes
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from analysis.errors import AnalysisError
from analysis.segmentation import ModelUse
from analysis.wording import plain, words
from portal.notifications.kinds import Kind
from portal.notifications.services import notify
from portal.runs import pipeline
from portal.runs.claims import Claim, update_claimed
from portal.runs.manifest import FileRecord
from portal.runs.models import (
    ACTIVE,
    AnalysisRun,
    Artefact,
    ModelVersion,
    RunState,
    StageRun,
    StageState,
)
from portal.runs.outbox import wake_later
from portal.runs.services import locked, make_stages_due, run_succeeded
from portal.runs.stage import Stage

RETRY_AFTER_S = 30
GIVEN_UP = "stage-given-up"


@dataclass(frozen=True, slots=True)
class StageResult:
    """What a stage left in its folder."""

    output_sha256: str
    manifest: dict[str, Any]
    files: tuple[FileRecord, ...]
    files_path: str
    models: tuple[ModelUse, ...]


@transaction.atomic
def finish(claim: Claim, result: StageResult) -> None:
    """Mark a stage done, and queue what that makes due; raise ``ClaimLost`` if it was taken away.

    1. Lock the run: of two stages that end together the second must see the first as done.
    2. Change the stage's row only if the claim still holds.
    3. Queue the next stages, or end the run.
    """
    run = locked(claim.run_id)
    update_claimed(
        claim,
        state=StageState.SUCCEEDED,
        finished_at=timezone.now(),
        progress=1.0,
        lease_until=None,
        output_sha256=result.output_sha256,
        manifest=result.manifest,
    )
    _note_files(run, claim, result)
    for use in result.models:
        run.model_versions.add(_used(use))
    if run.state in ACTIVE:
        make_stages_due(run)
        _succeed_if_all_done(run)


def _used(use: ModelUse) -> ModelVersion:
    version, _ = ModelVersion.objects.get_or_create(
        sha256=use.sha256, defaults={"name": use.name, "version": use.version}
    )
    unused = ModelVersion.objects.filter(pk=version.pk, first_used_at=None)
    unused.update(first_used_at=timezone.now())
    return version


def _note_files(run: AnalysisRun, claim: Claim, result: StageResult) -> None:
    for file in result.files:
        Artefact.objects.update_or_create(
            run=run,
            name=file.path,
            defaults={
                "stage": claim.stage,
                "media_type": media_type(file.path),
                "sha256": file.sha256,
                "size_bytes": file.size_bytes,
                "path": f"{result.files_path}/{file.path}",
            },
        )


def media_type(name: str) -> str:
    if name.endswith(".dcm"):
        return "application/dicom"
    guessed, encoding = mimetypes.guess_type(name)
    if encoding == "gzip":
        return "application/gzip"
    return guessed or "application/octet-stream"


def _succeed_if_all_done(run: AnalysisRun) -> None:
    if run.stages.exclude(state=StageState.SUCCEEDED).exists():
        return
    run.state, run.finished_at = RunState.SUCCEEDED, timezone.now()
    run.save(update_fields=["state", "finished_at"])
    run_succeeded.send(sender=AnalysisRun, run=run)


@transaction.atomic
def fail(claim: Claim, error: AnalysisError) -> None:
    """End a stage that could not be done; what may succeed later is queued again, a few times."""
    run = locked(claim.run_id)
    row = StageRun.objects.get(pk=claim.stage_run_id)
    if not error.permanent and row.attempts < settings.RUN_MAX_ATTEMPTS and run.state in ACTIVE:
        update_claimed(claim, state=StageState.QUEUED, lease_until=None, progress_text="")
        row.refresh_from_db()
        wake_later(row, timezone.now() + timedelta(seconds=RETRY_AFTER_S * row.attempts))
        return
    update_claimed(
        claim,
        state=StageState.FAILED,
        finished_at=timezone.now(),
        lease_until=None,
        error_code=error.code,
        error_message=error.message,
        error_words=asdict(error.words),
    )
    _fail_run(run, error)


def _fail_run(run: AnalysisRun, error: AnalysisError) -> None:
    if run.state not in ACTIVE:
        return
    run.state, run.finished_at = RunState.FAILED, timezone.now()
    run.error_code, run.error_message = error.code, error.message
    run.error_words = asdict(error.words)
    run.save(update_fields=["state", "finished_at", "error_code", "error_message", "error_words"])
    run.stages.filter(state=StageState.QUEUED).update(state=StageState.WAITING)
    page = reverse("runs:detail", kwargs={"run_id": run.pk})
    notify(Kind.ANALYSIS_FAILED, to=[run.created_by], about=run, path=page)


@transaction.atomic
def do_again(claim: Claim, stage: str, error: AnalysisError) -> None:
    """Run an earlier stage again whose result cannot be read any more, and all that used it.

    The claimed stage waits for it. A stage that was begun too often already fails the run instead.
    """
    run = locked(claim.run_id)
    row = run.stages.get(stage=stage)
    if row.attempts >= settings.RUN_MAX_ATTEMPTS or run.state not in ACTIVE:
        fail(claim, error)
        return
    update_claimed(claim, state=StageState.WAITING, lease_until=None, progress_text="")
    again = run.stages.filter(stage__in=_that_need(stage))
    again.exclude(state=StageState.RUNNING).update(state=StageState.WAITING)
    make_stages_due(run)


def _that_need(stage: str) -> set[str]:
    """Return a stage and every later one that its result goes into."""
    found = {stage}
    for later in pipeline.STAGES:
        if found.intersection(later.inputs):
            found.add(later.name)
    return found


@transaction.atomic
def put_back(row: StageRun) -> None:
    """Queue a stage again whose worker is gone; give up on what has stopped several workers."""
    run = locked(row.run_id)
    claim = Claim(row.pk, row.run_id, row.stage, row.fencing_token)
    if row.attempts < settings.RUN_MAX_ATTEMPTS and run.state in ACTIVE:
        update_claimed(claim, state=StageState.QUEUED, lease_until=None, progress_text="")
        row.refresh_from_db()
        wake_later(row)
        return
    fail(claim, given_up(row))


def given_up(row: StageRun) -> AnalysisError:
    return AnalysisError(
        words(
            "The analysis stopped without a word %(count)s times at the same step, so it "
            "is not tried again by itself. Tell your administrator the reference "
            "%(reference)s.",
            count=row.attempts,
            reference=str(row.run_id),
        ),
        code=GIVEN_UP,
    )


def unexpected(claim: Claim) -> AnalysisError:
    """Return what a person is told about a fault of the program."""
    return AnalysisError(
        words(
            "An unexpected error stopped the analysis; your images are safe. Tell your "
            "administrator the reference %(reference)s.",
            reference=str(claim.run_id),
        ),
        code="unexpected-error",
    )


def too_slow(stage: Stage) -> AnalysisError:
    return AnalysisError(
        words(
            "“%(step)s” took longer than %(minutes)s minutes and was stopped. Check that "
            "the study holds one examination only, or ask your administrator for more time.",
            step=plain(stage.title),
            minutes=stage.soft_time_limit_s // 60,
        ),
        code="stage-too-slow",
    )
