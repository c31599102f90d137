from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from portal.retention.models import LegalHold, RetentionPolicy
from portal.studies.models import Study
from portal.trials.models import Trial


def policy_of(trial: Trial) -> RetentionPolicy | None:
    return RetentionPolicy.objects.filter(trial=trial).first()


def standing_holds(trial: Trial) -> QuerySet[LegalHold]:
    return LegalHold.objects.filter(trial=trial, released_at=None).select_related("placed_by")


def hold_on(study: Study) -> LegalHold | None:
    """Return a hold that keeps a study, its own or its trial's."""
    holds = [*standing_holds(study.trial)]
    return next((hold for hold in holds if hold.study_id in (None, study.pk)), None)


def due_studies(trial: Trial, now: datetime | None = None) -> QuerySet[Study]:
    """Return the studies whose time is over and that no hold keeps, the oldest first."""
    policy, nothing = policy_of(trial), Study.objects.none()
    if policy is None or policy.keep_days is None:
        return nothing
    latest = (now or timezone.now()) - timedelta(days=policy.keep_days)
    studies = Study.objects.filter(trial=trial).select_related("subject", "visit", "site", "trial")
    holds = [*standing_holds(trial).values_list("study_id", flat=True)]
    if None in holds:
        return nothing
    if policy.counts_from == RetentionPolicy.CountsFrom.CLOSED:
        if trial.closed_at is None or trial.closed_at > latest:
            return nothing
    else:
        studies = studies.filter(received_at__lte=latest)
    held = [study_id for study_id in holds if study_id is not None]
    return studies.exclude(pk__in=held).order_by("received_at", "pk")
