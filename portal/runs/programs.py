"""The programs of a portal on one machine: web, workers and the scheduler."""

from __future__ import annotations

import sys

from django.conf import settings

from portal.runs.stage import Queue
from portal.runs.supervisor import Program

SWEEP_EVERY_S = 2


def worker_command(queue: Queue) -> tuple[str, ...]:
    """Return how to start a worker; the GPU's does not fork, because CUDA would not survive it."""
    pool = ("--pool", "solo") if queue is Queue.GPU else ("--pool", "prefork", "--concurrency", "1")
    return (
        *(sys.executable, "-m", "celery", "--app", "portal.celery", "worker"),
        *("--queues", queue, "--hostname", f"{queue}@%h", *pool, "--loglevel", "INFO"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    )


def programs(address: str) -> tuple[Program, ...]:
    manage = (sys.executable, str(settings.BASE_DIR / "manage.py"))
    web = (
        *(sys.executable, "-m", "gunicorn", "portal.wsgi:application", "--bind", address),
        *("--workers", "2", "--threads", "4", "--timeout", "120", "--access-logfile", "-"),
        *("--config", "python:portal.web_start"),
        "--preload",  # imports once for both, which is most of a start
    )
    return (
        Program("web", web),
        Program("worker-cpu", worker_command(Queue.CPU)),
        Program("worker-gpu", worker_command(Queue.GPU)),
        Program("scheduler", (*manage, "sweep", "--every", str(SWEEP_EVERY_S))),
    )
