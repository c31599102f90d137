"""What a person may see of runs; fetching is the permission check."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from portal.accounts.models import User
from portal.runs import storage
from portal.runs.codec import read_value
from portal.runs.models import (
    ACTIVE,
    AnalysisRun,
    Artefact,
    RunState,
    StageRun,
    StageState,
)
from portal.runs.pages import RunPage, RunProgress, StageLine
from portal.runs.pipeline import find_stage
from portal.studies.selectors import MAY_UPLOAD, studies_for
from portal.trials.selectors import scheme_of
from portal.wording import said, said_as_stored

# The titles of the stages, for the catalogues: the pipeline knows no Django.
STAGE_TITLES = (
    gettext_noop("Read the images"),
    gettext_noop("Choose the series"),
    gettext_noop("Segment the liver"),
    gettext_noop("Compute PDFF and R2* maps"),
    gettext_noop("Measure"),
    gettext_noop("Build the report"),
    gettext_noop("Write the results"),
)


def runs_for(user: User | AnonymousUser) -> QuerySet[AnalysisRun]:
    return AnalysisRun.objects.filter(study__in=studies_for(user)).select_related(
        "study__trial", "study__site", "study__subject", "study__visit", "created_by"
    )


def run_for(user: User | AnonymousUser, run_id: UUID | str) -> AnalysisRun:
    return get_object_or_404(runs_for(user), pk=run_id)


def may_change(user: User | AnonymousUser, run: AnalysisRun) -> bool:
    """Who may send studies of a site may also cancel and repeat their analysis."""
    return studies_for(user, MAY_UPLOAD).filter(pk=run.study_id).exists()


def changeable_run_for(user: User | AnonymousUser, run_id: UUID | str) -> AnalysisRun:
    changeable = runs_for(user).filter(study__in=studies_for(user, MAY_UPLOAD))
    return get_object_or_404(changeable, pk=run_id)


def artefacts_for(user: User | AnonymousUser, run_id: UUID | str) -> QuerySet[Artefact]:
    """Return the files of a run; where readers are blinded, results leave through reports only."""
    run = run_for(user, run_id)
    if scheme_of(run.study.trial) is not None:
        return Artefact.objects.none()
    return run.artefacts.all()


def artefact_for(user: User | AnonymousUser, run_id: UUID | str, name: str) -> Artefact:
    return get_object_or_404(artefacts_for(user, run_id), name=name)


def result_of(run: AnalysisRun, stage: str) -> Any:
    """Return what a finished stage made, of the type its function returns."""
    row = run.stages.get(stage=stage, state=StageState.SUCCEEDED)
    folder = storage.claim_folder(run.pk, stage, row.fencing_token)
    return read_value(find_stage(stage).output, folder, row.output_sha256)


def progress_of(run: AnalysisRun, user: User | AnonymousUser) -> RunProgress:
    rows = [*run.stages.all()]
    may = may_change(user, run)
    key = {"run_id": run.pk}
    return RunProgress(
        run_id=str(run.pk),
        state=run.state,
        state_label=str(run.get_state_display()),
        progress_percent=round(100 * sum(map(_done_part, rows)) / max(len(rows), 1)),
        stages=tuple(map(_line, rows)),
        error_code=run.error_code,
        error_message=said_as_stored(run.error_message, run.error_words),
        queue_position=_queue_position(run),
        is_finished=run.state not in ACTIVE,
        can_cancel=may and run.state in ACTIVE,
        can_retry=may and run.state in (RunState.FAILED, RunState.CANCELLED),
        page_url=reverse("runs:detail", kwargs=key),
        progress_url=reverse("runs:progress", kwargs=key),
        cancel_url=reverse("runs:cancel", kwargs=key),
        retry_url=reverse("runs:retry", kwargs=key),
        report_url=_report_url(run),
    )


def page_of(run: AnalysisRun, user: User | AnonymousUser) -> RunPage:
    study = run.study
    return RunPage(
        title=_("Analysis of %(subject)s, %(visit)s")
        % {"subject": study.subject.code, "visit": study.visit.name},
        study_label=study.description or f"received {study.received_at:%Y-%m-%d %H:%M}",
        subject_label=study.subject.code,
        subject_id=str(study.subject_id),
        trial_name=study.trial.name,
        site_name=study.site.name,
        requested_by=str(run.created_by),
        created_at=run.created_at,
        progress=progress_of(run, user),
    )


def _line(row: StageRun) -> StageLine:
    return StageLine(
        name=row.stage,
        title=said(find_stage(row.stage).title),
        state=row.state,
        state_label=str(row.get_state_display()),
        progress_percent=round(100 * _done_part(row)),
        text=said_as_stored(row.error_message, row.error_words) or said(row.progress_text),
        seconds=_seconds(row.started_at, row.finished_at),
        attempts=row.attempts,
    )


def _done_part(row: StageRun) -> float:
    return 1.0 if row.state == StageState.SUCCEEDED else row.progress


def _seconds(started: datetime | None, finished: datetime | None) -> float | None:
    if started is None:
        return None
    return round(((finished or timezone.now()) - started).total_seconds(), 1)


def _queue_position(run: AnalysisRun) -> int | None:
    """Return the place in the queue, 1 for the next; None for a run that has begun or ended."""
    if run.state != RunState.QUEUED:
        return None
    before = Q(created_at__lt=run.created_at) | Q(created_at=run.created_at, pk__lt=run.pk)
    return AnalysisRun.objects.filter(before, state=RunState.QUEUED).count() + 1


def _report_url(run: AnalysisRun) -> str:
    if run.state != RunState.SUCCEEDED:
        return ""
    return reverse("reports:of-run", kwargs={"run_id": run.pk})
