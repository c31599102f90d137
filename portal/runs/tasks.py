from __future__ import annotations

from uuid import UUID

from celery import shared_task
from celery.signals import worker_init

from portal.runs import execution, outbox, pipeline


@worker_init.connect
def load_stages(**_: object) -> None:
    """Load what stages call before workers fork, so that no study waits for it."""
    for stage in pipeline.STAGES:
        stage.load()


@shared_task(name=outbox.TASK, acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def run_stage(*, run_id: str, stage: str) -> None:
    execution.run_stage(UUID(run_id), stage)
