"""Wake-up calls: written with the change that makes a stage due, sent when the broker is there.

The queue may lose, delay or repeat them: what is due stands in the database.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from celery.exceptions import OperationalError
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.celery import app
from portal.runs.models import OutboxMessage, StageRun, StageState
from portal.runs.pipeline import find_stage

TASK = "portal.runs.run_stage"
LONGEST_REPEAT_S = 3600
HARD_LIMIT_AFTER_S = 60
logger = logging.getLogger(__name__)


def wake_later(stage_run: StageRun, due_at: datetime | None = None) -> None:
    """Write a wake-up call for a stage that is due, and send it once the transaction stands."""
    message, _ = OutboxMessage.objects.update_or_create(
        stage_run=stage_run, defaults={"due_at": due_at or timezone.now(), "sends": 0}
    )
    if due_at is None:
        transaction.on_commit(partial(send, message.pk))


def send(message_id: int) -> bool:
    """Send one wake-up call; leave it for the sweeper when the broker is away.

    1. Look whether the stage is still due; a call for a stage that is taken is dropped.
    2. Hand the call to the broker.
    3. Note that it went out, and when to repeat it should nobody have come by then.
    """
    found = OutboxMessage.objects.filter(pk=message_id).select_related("stage_run").first()
    if found is None:
        return False
    stage_run = found.stage_run
    if stage_run.state != StageState.QUEUED:
        found.delete()
        return False
    stage = find_stage(stage_run.stage)
    try:
        app.send_task(
            TASK,
            kwargs={"run_id": str(stage_run.run_id), "stage": stage_run.stage},
            queue=stage.queue,
            soft_time_limit=stage.soft_time_limit_s,
            time_limit=stage.soft_time_limit_s + HARD_LIMIT_AFTER_S,
            retry=False,
        )
    except (OperationalError, OSError):
        logger.warning("The broker is away; stage %s waits in the outbox.", stage_run)
        return False
    repeat_s = min(settings.RUN_WAKE_AGAIN_SECONDS * 2 ** min(found.sends, 12), LONGEST_REPEAT_S)
    OutboxMessage.objects.filter(pk=message_id).update(
        sends=F("sends") + 1, due_at=timezone.now() + timedelta(seconds=repeat_s)
    )
    return True


def send_due() -> int:
    """Send every wake-up call whose time has come; return how many went out."""
    due = OutboxMessage.objects.filter(due_at__lte=timezone.now()).order_by("due_at")
    sent = 0
    for message_id in due.values_list("pk", flat=True)[:500]:
        if not send(message_id):
            continue
        sent += 1
    return sent
