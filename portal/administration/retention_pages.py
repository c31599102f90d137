"""What the pages about retention show."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms

from portal.administration.forms import DeletionForm, PolicyForm
from portal.retention.models import DeletionRecord, LegalHold, RetentionPolicy
from portal.retention.plans import DeletionPlan, plan_for
from portal.retention.selectors import due_studies, hold_on, policy_of, standing_holds
from portal.studies.models import Study
from portal.trials.models import Trial

SHOWN = 100


@dataclass(frozen=True, slots=True)
class TrialLine:
    trial: Trial
    policy: RetentionPolicy | None
    holds: int
    due: int


@dataclass(frozen=True, slots=True)
class RetentionPage:
    trials: tuple[TrialLine, ...]
    deletions: tuple[DeletionRecord, ...]


@dataclass(frozen=True, slots=True)
class TrialRetentionPage:
    trial: Trial
    policy: RetentionPolicy | None
    form: forms.Form
    holds: tuple[LegalHold, ...]
    due: tuple[Study, ...]
    due_count: int


@dataclass(frozen=True, slots=True)
class DeletionPage:
    """The dry run of one study, and the form that carries it out."""

    study: Study
    plan: DeletionPlan
    hold: LegalHold | None
    form: forms.Form


def retention_page() -> RetentionPage:
    lines = tuple(trial_line(trial) for trial in Trial.objects.order_by("name"))
    deletions = DeletionRecord.objects.select_related("trial", "deleted_by")[:SHOWN]
    return RetentionPage(lines, tuple(deletions))


def trial_line(trial: Trial) -> TrialLine:
    holds, due = standing_holds(trial).count(), due_studies(trial).count()
    return TrialLine(trial, policy_of(trial), holds, due)


def trial_retention_page(trial: Trial, form: forms.Form | None = None) -> TrialRetentionPage:
    policy, due = policy_of(trial), due_studies(trial)
    initial = {"keep_days": policy.keep_days, "counts_from": policy.counts_from} if policy else {}
    return TrialRetentionPage(
        trial=trial,
        policy=policy,
        form=form or PolicyForm(initial=initial),
        holds=tuple(standing_holds(trial)),
        due=tuple(due[:SHOWN]),
        due_count=due.count(),
    )


def deletion_page(study: Study, form: forms.Form | None = None) -> DeletionPage:
    plan = plan_for(study)
    blank = DeletionForm(initial={"plan_sha256": plan.sha256})
    return DeletionPage(study, plan, hold_on(study), form or blank)
