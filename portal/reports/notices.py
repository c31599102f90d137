"""Who hears of a new report: who asked for the analysis, and readers who may open it."""

from __future__ import annotations

from django.urls import reverse

from portal.accounts.models import User
from portal.notifications.kinds import Kind
from portal.notifications.services import notify
from portal.reports.models import Report
from portal.reports.selectors import reports_for
from portal.trials.models import Role


def tell_report_ready(report: Report) -> None:
    """Write the messages; a reader whom the trial blinds to the study is told by the assignment."""
    readers = User.objects.filter(
        memberships__trial=report.study.trial_id, memberships__role=Role.READER, is_active=True
    )
    people = {person.pk: person for person in (*readers, report.run.created_by)}
    may_see = [
        person for person in people.values() if reports_for(person).filter(pk=report.pk).exists()
    ]
    path = reverse("reports:detail", args=[report.pk])
    notify(Kind.REPORT_READY, to=may_see, about=report, path=path)
