"""What a scheduler does every few seconds: nothing that was begun or promised may be forgotten."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.utils import timezone

from portal.notifications.outbox import wake_due
from portal.runs.claims import ClaimLost, is_on_this_machine_and_dead
from portal.runs.models import StageRun, StageState
from portal.runs.outbox import send_due
from portal.runs.outcomes import put_back

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
    for row in StageRun.objects.filter(state=StageState.RUNNING):
        is_expired = row.lease_until is None or row.lease_until < now
        if is_expired or is_on_this_machine_and_dead(row.worker):
            count += _put_back(row)
    return Swept(put_back=count, woken=send_due(), told=wake_due())


def _put_back(row: StageRun) -> bool:
    try:
        put_back(row)
    except ClaimLost:
        return False  # it ended or was renewed by another worker in between
    logger.warning("The worker of stage %s (%s) is gone; it is put back.", row, row.worker)
    return True
