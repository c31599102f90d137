"""Who may be given a study to read, and who has least to do."""

from __future__ import annotations

from django.db.models import Count, Q

from portal.accounts.models import User
from portal.reports.models import Reading, ReadingCase
from portal.trials.models import Membership, Role
from portal.trials.selectors import ASSIGNED_ONLY


def eligible(case: ReadingCase, role: Role) -> list[User]:
    """Return whom the study may be given to, those with the fewest open readings first.

    Nobody reads a study twice, and nobody who sees the trial's sites by another role.
    """
    study = case.study
    held = Membership.objects.filter(trial=study.trial_id)
    able = held.filter(Q(site=None) | Q(site=study.site_id), role=role)
    seeing = held.exclude(role__in=ASSIGNED_ONLY)
    people = (
        User.objects.filter(pk__in=able.values("user"), is_active=True, is_administrator=False)
        .exclude(pk__in=seeing.values("user"))
        .exclude(pk__in=case.readings.values("reader"))
    )
    is_open = Q(readings__signed_at=None, readings__withdrawn_at=None)
    return [
        *people.annotate(
            open_count=Count("readings", filter=is_open), all_count=Count("readings")
        ).order_by("open_count", "all_count", "email")
    ]


def role_of(position: int) -> Role:
    return Role.ADJUDICATOR if position == Reading.ADJUDICATION else Role.READER
