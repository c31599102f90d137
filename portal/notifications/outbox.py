"""Wake-up calls for messages that wait: the broker may lose them, the rows stay."""

from __future__ import annotations

import logging
from uuid import UUID

from celery.exceptions import OperationalError
from django.utils import timezone

from portal.celery import app
from portal.notifications.models import Delivery, DeliveryState

TASK = "portal.notifications.deliver"
_MOST_AT_ONCE = 100
logger = logging.getLogger(__name__)


def wake(delivery_id: UUID) -> bool:
    """Hand a message to a worker; while the broker is away it waits for the next sweep."""
    try:
        app.send_task(TASK, kwargs={"delivery_id": str(delivery_id)}, retry=False)
    except (OperationalError, OSError):
        logger.warning("The broker is away; message %s waits.", delivery_id)
        return False
    return True


def wake_due() -> int:
    """Wake every message whose time has come; return how many went to the broker."""
    due = Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=timezone.now())
    ids = due.order_by("due_at").values_list("pk", flat=True)[:_MOST_AT_ONCE]
    return sum(map(wake, [*ids]))
