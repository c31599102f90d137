from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from portal.audit.models import AuditEvent


def events_of_trials(trial_ids: Collection[UUID]) -> QuerySet[AuditEvent]:
    """Return what happened in some trials, the newest first."""
    wanted = [str(trial_id) for trial_id in trial_ids]
    return AuditEvent.objects.filter(trial_id__in=wanted).order_by("-sequence")


def all_events() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.order_by("-sequence")
