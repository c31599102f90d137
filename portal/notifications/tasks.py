from __future__ import annotations

from uuid import UUID

from celery import shared_task

from portal.notifications import delivery, outbox


@shared_task(name=outbox.TASK, acks_late=True, ignore_result=True, time_limit=60)
def deliver(*, delivery_id: str) -> None:
    delivery.deliver(UUID(delivery_id))
