from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from celery.exceptions import OperationalError

from portal.audit.models import AuditEvent
from portal.errors import PortalError
from portal.runs.execution import run_stage
from portal.runs.models import AnalysisRun, OutboxMessage, RunState, StageState
from portal.runs.services import cancel_run, retry_run, start_run
from portal.runs.stage import AnalyseOptions, Stage
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.runs.broker_calls import Calls

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toy_stages")]
OnCommit = Callable[..., AbstractContextManager[list[Callable[[], object]]]]


def states(run: AnalysisRun) -> dict[str, str]:
    return dict(run.stages.values_list("stage", "state"))


def test_a_new_run_has_every_stage_and_wakes_the_first(
    study: Study, cast: Cast, broker: Calls, django_capture_on_commit_callbacks: OnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        run = start_run(study, cast.uma)
    assert run.state == RunState.QUEUED
    assert states(run) == {
        "ingest": StageState.QUEUED,
        "segment": StageState.WAITING,
        "map": StageState.WAITING,
        "export": StageState.WAITING,
    }
    assert broker.sent == [("ingest", "cpu")]


def test_starting_twice_gives_the_same_run(study: Study, cast: Cast, broker: Calls) -> None:
    assert start_run(study, cast.uma).pk == start_run(study, cast.uma).pk


def test_options_are_kept(study: Study, cast: Cast, broker: Calls) -> None:
    run = start_run(study, cast.uma, AnalyseOptions(echo_times_ms=(1.2, 2.2), field_strength_t=3.0))
    assert run.options["echo_times_ms"] == [1.2, 2.2]
    assert run.options["field_strength_t"] == 3.0


def test_who_started_is_in_the_audit_trail(study: Study, cast: Cast, broker: Calls) -> None:
    run = start_run(study, cast.uma)
    event = AuditEvent.objects.get(action="run-started")
    assert (event.object_id, event.actor) == (str(run.pk), cast.uma.email)


def test_a_run_starts_although_the_broker_is_away(
    study: Study, cast: Cast, broker: Calls, django_capture_on_commit_callbacks: OnCommit
) -> None:
    broker.error = OperationalError("away")
    with django_capture_on_commit_callbacks(execute=True):
        run = start_run(study, cast.uma)
    assert OutboxMessage.objects.get().stage_run.run == run


def test_a_cancelled_run_does_nothing_more(study: Study, cast: Cast, broker: Calls) -> None:
    run = cancel_run(start_run(study, cast.uma), cast.uma)
    assert run.state == RunState.CANCELLED
    assert not run_stage(run.pk, "ingest")
    assert set(states(run).values()) == {StageState.WAITING}


def test_an_ended_run_cannot_be_cancelled(study: Study, cast: Cast, broker: Calls) -> None:
    run = cancel_run(start_run(study, cast.uma), cast.uma)
    with pytest.raises(PortalError, match="already ended"):
        cancel_run(run, cast.uma)


def test_a_retried_run_keeps_what_was_done(
    study: Study, cast: Cast, broker: Calls, toy_stages: tuple[Stage, ...]
) -> None:
    run = start_run(study, cast.uma)
    assert run_stage(run.pk, "ingest")
    done = run.stages.get(stage="ingest")
    run = retry_run(cancel_run(run, cast.uma), cast.uma)
    assert run.state == RunState.QUEUED
    assert states(run)["ingest"] == StageState.SUCCEEDED
    assert states(run)["segment"] == states(run)["map"] == StageState.QUEUED
    assert run.stages.get(stage="ingest").output_sha256 == done.output_sha256


def test_a_running_run_cannot_be_retried(study: Study, cast: Cast, broker: Calls) -> None:
    with pytest.raises(PortalError, match="failed or was cancelled"):
        retry_run(start_run(study, cast.uma), cast.uma)
