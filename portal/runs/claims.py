"""Claiming a stage: a conditional update that one worker wins, a lease and a fencing token."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.runs.models import ACTIVE, AnalysisRun, RunState, StageRun, StageState


class ClaimLost(Exception):
    """The run was cancelled, or the stage was given to another worker."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one stage until the lease ends."""

    stage_run_id: int
    run_id: UUID
    stage: str
    token: int


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.RUN_LEASE_SECONDS)


def claim_stage(run_id: UUID, stage: str) -> Claim | None:
    """Take a stage that is due; return None when there is nothing to take.

    1. Change the row from queued to running, with a new token and a lease. If not exactly one
       row changed, another worker was first, or the run was cancelled: go away.
    2. The first claim of a run marks the run as running.
    """
    with transaction.atomic():
        taken = StageRun.objects.filter(
            run_id=run_id, stage=stage, state=StageState.QUEUED, run__state__in=ACTIVE
        ).update(
            state=StageState.RUNNING,
            attempts=F("attempts") + 1,
            fencing_token=F("fencing_token") + 1,
            lease_until=lease_end(),
            worker=worker_name(),
            started_at=timezone.now(),
            finished_at=None,
            progress=0.0,
            progress_text="",
        )
        if taken != 1:
            return None
        AnalysisRun.objects.filter(pk=run_id, state=RunState.QUEUED).update(
            state=RunState.RUNNING, started_at=timezone.now()
        )
        row = StageRun.objects.get(run_id=run_id, stage=stage)
    return Claim(row.pk, row.run_id, stage, row.fencing_token)


def update_claimed(claim: Claim, **values: object) -> None:
    """Change the stage's row while the claim holds; raise ``ClaimLost`` when it does not."""
    changed = StageRun.objects.filter(
        pk=claim.stage_run_id, state=StageState.RUNNING, fencing_token=claim.token
    ).update(**values)
    if changed != 1:
        raise ClaimLost


def is_on_this_machine_and_dead(worker: str) -> bool:
    """Tell whether a worker of this machine is gone, so that its lease need not run out."""
    host, _, pid = worker.rpartition(":")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
