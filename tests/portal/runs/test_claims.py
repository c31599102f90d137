from __future__ import annotations

import os
import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.runs.claims import (
    ClaimLost,
    claim_stage,
    is_on_this_machine_and_dead,
    update_claimed,
    worker_name,
)
from portal.runs.models import AnalysisRun, OutboxMessage, RunState, StageRun, StageState
from portal.runs.services import start_run
from portal.runs.sweeping import sweep
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.runs.broker_calls import Calls


@pytest.fixture
def run(study: Study, cast: Cast, broker: Calls, toy_stages: object) -> AnalysisRun:
    return start_run(study, cast.uma)


def test_a_claim_has_a_lease_a_token_and_a_name(run: AnalysisRun) -> None:
    claim = claim_stage(run.pk, "ingest")
    assert claim is not None
    row = StageRun.objects.get(pk=claim.stage_run_id)
    assert (row.state, row.fencing_token, row.attempts) == (StageState.RUNNING, 1, 1)
    assert row.worker == worker_name()
    assert row.lease_until is not None
    assert row.lease_until - timezone.now() > timedelta(seconds=60)


def test_the_first_claim_starts_the_run(run: AnalysisRun) -> None:
    claim_stage(run.pk, "ingest")
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    assert run.started_at is not None


def test_a_stage_of_an_ended_run_cannot_be_claimed(run: AnalysisRun) -> None:
    AnalysisRun.objects.filter(pk=run.pk).update(state=RunState.FAILED)
    assert claim_stage(run.pk, "ingest") is None


def test_an_old_token_changes_nothing(run: AnalysisRun) -> None:
    old = claim_stage(run.pk, "ingest")
    assert old is not None
    StageRun.objects.filter(pk=old.stage_run_id).update(state=StageState.QUEUED)
    assert claim_stage(run.pk, "ingest") is not None
    with pytest.raises(ClaimLost):
        update_claimed(old, progress=0.9)
    assert StageRun.objects.get(pk=old.stage_run_id).progress == 0


def test_a_dead_process_of_this_machine_is_known_as_dead() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    assert is_on_this_machine_and_dead(f"{socket.gethostname()}:{child}")


@pytest.mark.parametrize(
    "name",
    ["", "elsewhere:1", f"{socket.gethostname()}:x", worker_name()],
    ids=["nobody", "elsewhere", "no process", "this process"],
)
def test_nothing_else_is(name: str) -> None:
    assert not is_on_this_machine_and_dead(name)


def test_a_process_of_somebody_else_counts_as_alive() -> None:
    assert not is_on_this_machine_and_dead(f"{socket.gethostname()}:1")


def test_a_lease_from_before_the_clock_went_back_is_cut_to_a_whole_one(run: AnalysisRun) -> None:
    claim = claim_stage(run.pk, "ingest")
    assert claim is not None
    ahead = timezone.now() + timedelta(days=1)
    StageRun.objects.filter(pk=claim.stage_run_id).update(worker="elsewhere:1", lease_until=ahead)
    assert sweep().put_back == 0
    row = StageRun.objects.get(pk=claim.stage_run_id)
    assert row.lease_until is not None
    assert timedelta(seconds=60) < row.lease_until - timezone.now() <= timedelta(seconds=90)
    update_claimed(claim, progress=0.5)  # who lives goes on
    StageRun.objects.update(lease_until=timezone.now())
    assert sweep().put_back == 1


def test_a_call_from_before_the_clock_went_back_is_due_at_once(
    run: AnalysisRun, broker: Calls
) -> None:
    OutboxMessage.objects.update(due_at=timezone.now() + timedelta(days=1))
    assert sweep().woken == 1
