"""What a scheduler does every few seconds: nothing that was begun or promised may be forgotten."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from portal.notifications.outbox import wake_due
from portal.runs.claims import ClaimLost, is_on_this_machine_and_dead
from portal.runs.models import OutboxMessage, StageRun, StageState
from portal.runs.outbox import LONGEST_REPEAT_S, send_due
from portal.runs.outcomes import put_back

_LEEWAY = timedelta(seconds=5)  # two hosts' clocks differ by less
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    put_back: int
    woken: int
    told: int


def sweep() -> Swept:
    """Put back the stages whose worker is gone, then send the calls and messages that are due."""
    count = 0
    now = timezone.now()
    _mend_after_a_step_back(now)
    for row in StageRun.objects.filter(state=StageState.RUNNING):
        is_expired = row.lease_until is None or row.lease_until < now
        if is_expired or is_on_this_machine_and_dead(row.worker):
            count += _put_back(row)
    return Swept(put_back=count, woken=send_due(), told=wake_due())


def _mend_after_a_step_back(now: datetime) -> None:
    """Shorten what lies further ahead than anyone may ask for: the clock went back since.

    A lease is cut to a whole one from now, which a living worker renews within seconds; a
    wake-up call is due at once.
    """
    longest = now + timedelta(seconds=settings.RUN_LEASE_SECONDS)
    rows = StageRun.objects.filter(state=StageState.RUNNING, lease_until__gt=longest + _LEEWAY)
    rows.update(lease_until=longest)
    latest = now + timedelta(seconds=LONGEST_REPEAT_S)
    OutboxMessage.objects.filter(due_at__gt=latest + _LEEWAY).update(due_at=now)


def _put_back(row: StageRun) -> bool:
    try:
        put_back(row)
    except ClaimLost:
        return False  # it ended or was renewed by another worker in between
    logger.warning("The worker of stage %s (%s) is gone; it is put back.", row, row.worker)
    return True
