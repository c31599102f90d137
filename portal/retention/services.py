"""How long studies are kept, what must not go, and how a study goes: by a plan, on record."""

from __future__ import annotations

import shutil
from functools import partial
from http import HTTPStatus

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from analysis.wording import Words, words
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import PortalError
from portal.reports.models import Comparison
from portal.retention.models import DeletionRecord, LegalHold, RetentionPolicy
from portal.retention.plans import DeletionPlan, content_of, plan_of
from portal.retention.rows import delete_rows, rows_of
from portal.retention.selectors import hold_on
from portal.runs import storage
from portal.runs.models import ACTIVE, AnalysisRun
from portal.studies.models import StoredFile, Study
from portal.trials.models import Trial


class DeletionRefused(PortalError):
    """A study cannot be deleted as things stand."""

    def __init__(self, message: Words, code: str) -> None:
        super().__init__(message, code=code, status=HTTPStatus.CONFLICT)


@transaction.atomic
def set_policy(
    trial: Trial, *, keep_days: int | None, counts_from: str, reason: str, by: User
) -> RetentionPolicy:
    policy = RetentionPolicy.objects.select_for_update().filter(trial=trial).first()
    old = {"keep_days": policy.keep_days, "counts_from": policy.counts_from} if policy else {}
    policy = policy or RetentionPolicy(trial=trial, version=0)
    policy.keep_days, policy.counts_from, policy.reason = keep_days, counts_from, reason
    policy.version += 1
    policy.save()
    new = {"keep_days": keep_days, "counts_from": counts_from, "reason": reason}
    record("retention-changed", policy, actor=by, old=old, new=new, trial_id=trial.pk)
    return policy


@transaction.atomic
def place_hold(trial: Trial, *, reason: str, by: User, study: Study | None = None) -> LegalHold:
    if study is not None and study.trial_id != trial.pk:
        raise ValueError("the study belongs to another trial")
    hold = LegalHold.objects.create(
        trial=trial, study_id=study.pk if study else None, reason=reason, placed_by=by
    )
    new = {"study": hold.study_id, "reason": reason}
    record("hold-placed", hold, actor=by, new=new, trial_id=trial.pk)
    return hold


@transaction.atomic
def release_hold(hold: LegalHold, *, by: User) -> None:
    now = timezone.now()
    standing = LegalHold.objects.filter(pk=hold.pk, released_at=None)
    if standing.update(released_at=now, released_by=by):
        old = {"study": hold.study_id, "reason": hold.reason}
        record("hold-released", hold, actor=by, old=old, trial_id=hold.trial_id)


def refuse_other_subject(study: Study, code: str) -> None:
    """Refuse a deletion whose asker has another subject in mind."""
    if code != study.subject.code:
        raise PortalError(words("This is not the code of the subject."), code="subject-other")


@transaction.atomic
def delete_study(study: Study, *, plan_sha256: str, reason: str, by: User) -> DeletionRecord:
    """Delete a study with all that hangs on it, exactly as its plan said.

    1. Lock the study; refuse while a hold stands, an analysis or a comparison runs.
    2. Make the plan again; refuse if it is not the one that was looked at.
    3. Delete the rows, write the record with all hashes, put it into the audit trail.
    4. Once that stands, remove the results. Received content that nobody else has goes with the
       next tidying, which knows what a running upload may just be storing again.
    """
    study = Study.objects.select_for_update().get(pk=study.pk)
    _refuse_if_needed(study)
    rows = rows_of(study)
    plan = plan_of(study, rows)
    if plan.sha256 != plan_sha256:
        raise DeletionRefused(
            words("Something changed since you looked at what would be deleted; look again."),
            "plan-old",
        )
    content = content_of(study)
    delete_rows(rows)
    StoredFile.objects.filter(pk__in=content).delete()
    deletion = DeletionRecord.objects.create(
        trial_id=plan.trial_id,
        study_id=plan.study_id,
        contents=plan.as_json(),
        contents_sha256=plan.sha256,
        reason=reason,
        deleted_by=by,
    )
    old = {"rows": plan.rows, "freed_bytes": plan.freed_bytes, "contents_sha256": plan.sha256}
    new = {"study": plan.study_id, "reason": reason}
    record("study-deleted", deletion, actor=by, old=old, new=new, trial_id=plan.trial_id)
    transaction.on_commit(partial(remove_results, plan))
    return deletion


def _refuse_if_needed(study: Study) -> None:
    if hold := hold_on(study):
        raise DeletionRefused(
            words("A legal hold keeps this study: %(reason)s", reason=hold.reason), "on-hold"
        )
    if AnalysisRun.objects.filter(study=study, state__in=ACTIVE).exists():
        raise DeletionRefused(
            words("This study is being analysed; cancel the analysis first."), "in-analysis"
        )
    if _is_being_compared(study):
        raise DeletionRefused(
            words("This study is being compared with another visit; try again in some minutes."),
            "in-comparison",
        )


def _is_being_compared(study: Study) -> bool:
    """Tell whether a worker would still write; what only waits is locked, so that none begins."""
    of_study = Q(baseline__study=study) | Q(follow_up__study=study)
    locked = Comparison.objects.select_for_update(of=("self",)).filter(of_study)
    now = timezone.now()
    return any(
        each.state == Comparison.State.RUNNING and each.lease_until and each.lease_until > now
        for each in locked
    )


def remove_results(plan: DeletionPlan) -> None:
    """Remove the folders of runs, comparisons and reports; run twice it does no harm."""
    for line in plan.comparisons:
        whole = storage.comparison_folder(line.run_id, line.comparison_id)
        shutil.rmtree(whole, ignore_errors=True)
    for run_id in plan.run_ids:
        shutil.rmtree(storage.run_folder(run_id), ignore_errors=True)
    for report_id in plan.report_ids:
        shutil.rmtree(storage.root() / "reports" / str(report_id), ignore_errors=True)
        for folder in (storage.root() / "shown").glob(f"*/{report_id}"):
            shutil.rmtree(folder, ignore_errors=True)
