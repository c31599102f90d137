"""Whether the server's clock may be believed when something is about to be taken away for good.

A clock that is a year ahead for an hour must not give up every open upload. A program cannot tell
a right clock from a wrong one, but it sees one that jumps: between two looks it went back, or went
on by more than the scheduler ever pauses. After a jump everything is held for a day of steady
time; an administrator finds the jump in the audit trail meanwhile. A server that was switched off
for days looks the same, and then the day lets its sites go on with what they were sending.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from portal.audit.services import record
from portal.studies.models import ClockMark

LONGEST_PAUSE = timedelta(hours=25)  # the scheduler looks every hour, a cron job every day
MOST_BACK = timedelta(minutes=2)  # what setting a clock by the network takes back
HELD_FOR = timedelta(days=1)


@transaction.atomic
def held_until(now: datetime) -> datetime | None:
    """Note the time; return until when nothing may be taken away, or None."""
    first = {"seen_at": now, "steady_since": now - 2 * HELD_FOR}
    mark, _ = ClockMark.objects.select_for_update().get_or_create(pk=1, defaults=first)
    if not -MOST_BACK <= now - mark.seen_at <= LONGEST_PAUSE:
        old, new = {"seen_at": mark.seen_at}, {"seen_at": now}
        record("clock-jumped", mark, actor=None, old=old, new=new)
        mark.steady_since = now
    mark.seen_at = now
    mark.save()
    until = mark.steady_since + HELD_FOR
    return until if until > now else None
