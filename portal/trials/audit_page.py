"""The audit trail as managers and monitors see it: their own trials; administrators all of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.audit.selectors import all_events, events_of_trials
from portal.trials.models import Membership, Role

PAGE_SIZE = 100
_ROLES = (Role.MONITOR, Role.MANAGER)


@dataclass(frozen=True, slots=True)
class AuditPage:
    events: Page[AuditEvent]


def events_for(user: User) -> QuerySet[AuditEvent]:
    if user.is_administrator:
        return all_events()
    whole_trials = Membership.objects.filter(user=user, role__in=_ROLES, site=None)
    return events_of_trials([*whole_trials.values_list("trial_id", flat=True)])


def audit_page(user: User, number: str) -> AuditPage:
    return AuditPage(Paginator(events_for(user), PAGE_SIZE).get_page(number))
