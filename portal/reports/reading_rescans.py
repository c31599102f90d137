"""Ask the site to scan again from a reading; the site learns why, not who reads."""

from __future__ import annotations

from portal.accounts.models import User
from portal.reports.models import Reading
from portal.reports.reading_services import refuse_closed
from portal.trials.models import RescanRequest
from portal.trials.rescans import ask_for_rescan


def ask_as_reader(reading: Reading, reason: str, action: str, *, by: User) -> RescanRequest:
    refuse_closed(reading)
    visit = reading.case.study.visit
    return ask_for_rescan(visit, RescanRequest.Source.READER, reason, action, by=by)
