from __future__ import annotations

from uuid import UUID

from celery import shared_task

from portal.reports import change_jobs


@shared_task(name=change_jobs.TASK, acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def compare_visits(*, comparison_id: str) -> None:
    change_jobs.run_comparison(UUID(comparison_id))
