from __future__ import annotations

from uuid import UUID

from celery import shared_task

from portal.runs import execution, outbox


@shared_task(name=outbox.TASK, acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def run_stage(*, run_id: str, stage: str) -> None:
    execution.run_stage(UUID(run_id), stage)
