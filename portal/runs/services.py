"""What a person does with a run: start, cancel, try again."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from analysis.wording import words
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import PortalError
from portal.runs import models_registry, pipeline
from portal.runs.codec import NO_ARRAYS, encode
from portal.runs.models import ACTIVE, AnalysisRun, RunState, StageRun, StageState
from portal.runs.outbox import wake_later
from portal.runs.stage import AnalyseOptions
from portal.studies.models import Study

# Sent with ``run`` in the transaction in which a run succeeds. Parts above this one (reports)
# listen, so that this part need not know them; a listener that fails undoes the success.
run_succeeded = Signal()


@transaction.atomic
def start_run(study: Study, user: User, options: AnalyseOptions | None = None) -> AnalysisRun:
    """Start an analysis; a study that is being analysed is not analysed twice at a time."""
    Study.objects.select_for_update().get(pk=study.pk)
    if running := AnalysisRun.objects.filter(study=study, state__in=ACTIVE).first():
        return running
    wanted = options or AnalyseOptions()
    if not wanted.model:
        wanted = replace(wanted, model=models_registry.model_for_new_runs())
    chosen = encode(wanted, AnalyseOptions, NO_ARRAYS)
    run = AnalysisRun.objects.create(study=study, created_by=user, options=chosen)
    StageRun.objects.bulk_create(
        StageRun(run=run, stage=stage.name, position=position)
        for position, stage in enumerate(pipeline.STAGES)
    )
    make_stages_due(run)
    record("run-started", run, actor=user, new={"study": study.pk}, trial_id=study.trial_id)
    return run


def make_stages_due(run: AnalysisRun) -> None:
    """Queue every waiting stage whose inputs are all there; the caller holds the run's lock."""
    rows = {row.stage: row for row in run.stages.all()}
    done = {name for name, row in rows.items() if row.state == StageState.SUCCEEDED}
    for stage in pipeline.STAGES:
        row = rows[stage.name]
        if row.state == StageState.WAITING and done.issuperset(stage.inputs):
            row.state = StageState.QUEUED
            row.save(update_fields=["state"])
            wake_later(row)


def locked(run_id: UUID) -> AnalysisRun:
    """Fetch a run for change; two stages that end together pass here one after the other."""
    return AnalysisRun.objects.select_for_update().get(pk=run_id)


@transaction.atomic
def cancel_run(run: AnalysisRun, user: User) -> AnalysisRun:
    """Stop a run; a stage that is being worked on notices within seconds, its result is dropped."""
    run = locked(run.pk)
    if run.state not in ACTIVE:
        raise PortalError(
            words("This analysis has already ended; there is nothing to cancel."),
            code="run-ended",
            status=HTTPStatus.CONFLICT,
        )
    run.state = RunState.CANCELLED
    run.finished_at = timezone.now()
    run.save(update_fields=["state", "finished_at"])
    put_back_unfinished(run)
    record("run-cancelled", run, actor=user, trial_id=run.study.trial_id)
    return run


def put_back_unfinished(run: AnalysisRun) -> None:
    """Let unfinished stages wait again; whoever works on one loses the claim."""
    unfinished = run.stages.exclude(state__in=(StageState.SUCCEEDED, StageState.FAILED))
    unfinished.update(state=StageState.WAITING, lease_until=None)


@transaction.atomic
def retry_run(run: AnalysisRun, user: User) -> AnalysisRun:
    """Go on with a failed or cancelled run where it stopped; finished stages are kept."""
    run = locked(run.pk)
    if run.state not in (RunState.FAILED, RunState.CANCELLED):
        raise PortalError(
            words("Only an analysis that failed or was cancelled can be tried again."),
            code="run-not-ended",
            status=HTTPStatus.CONFLICT,
        )
    old = {"state": run.state, "error_code": run.error_code}
    run.state, run.finished_at = RunState.QUEUED, None
    run.error_code, run.error_message, run.error_words = "", "", {}
    run.save(update_fields=["state", "finished_at", "error_code", "error_message", "error_words"])
    run.stages.exclude(state=StageState.SUCCEEDED).update(
        state=StageState.WAITING,
        attempts=0,
        error_code="",
        error_message="",
        error_words={},
        lease_until=None,
    )
    make_stages_due(run)
    record("run-retried", run, actor=user, old=old, trial_id=run.study.trial_id)
    return run
