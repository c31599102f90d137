"""Ask the site to scan again from a reading; the site learns why, not who reads."""

from __future__ import annotations

from django.urls import reverse

from portal.accounts.models import User
from portal.notifications.kinds import Kind
from portal.notifications.services import notify
from portal.reports.models import Reading
from portal.reports.reading_services import refuse_closed
from portal.trials.models import RescanRequest
from portal.trials.rescans import ask_for_rescan, people_of


def ask_as_reader(reading: Reading, reason: str, action: str, *, by: User) -> RescanRequest:
    refuse_closed(reading)
    visit = reading.case.study.visit
    request = ask_for_rescan(visit, RescanRequest.Source.READER, reason, action, by=by)
    tell_site(request)
    return request


def tell_site(request: RescanRequest) -> None:
    path = reverse("rescan", args=[request.pk])
    notify(Kind.RESCAN_REQUESTED, to=people_of(request), about=request, path=path)
