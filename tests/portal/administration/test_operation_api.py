from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from portal.audit.models import AuditEvent
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery, DeliveryState
from portal.notifications.services import notify
from portal.runs.models import AnalysisRun, RunState, StageRun, StageState
from portal.runs.services import start_run
from tests.portal.conftest import Cast
from tests.portal.runs.conftest import upload_study

API = "/api/v1/"


@pytest.fixture
def ada(cast: Cast) -> APIClient:
    client = APIClient()
    client.force_login(cast.ada)
    return client


@pytest.fixture
def run(cast: Cast) -> AnalysisRun:
    return start_run(upload_study(cast.north, cast.uma, {"IM": b"12345"}, "S-1"), cast.uma)


def lose_worker() -> None:
    StageRun.objects.filter(stage="ingest").update(
        state=StageState.RUNNING,
        worker="host:7",
        started_at=timezone.now() - timedelta(minutes=3),
        lease_until=timezone.now() - timedelta(minutes=1),
        attempts=1,
    )


def test_the_queue_says_what_waits_what_is_in_hand_and_what_is_stuck(
    ada: APIClient, run: AnalysisRun, cast: Cast
) -> None:
    (waiting,) = ada.get(f"{API}queue/").json()["waiting"]
    assert (waiting["run"], waiting["trial"]) == (str(run.pk), str(cast.trial.pk))
    assert (waiting["stage"], waiting["attempts"]) == ("ingest", 0)
    lose_worker()
    found = ada.get(f"{API}queue/").json()
    (line,) = found["working"]
    assert (line["stage"]["worker"], line["minutes"], line["lease_s"]) == ("host:7", 3, -60)
    assert [each["stage"] for each in found["stuck"]] == ["ingest"]
    assert {each["state"]: each["count"] for each in found["states"]}["queued"] == 1


def test_what_failed_and_what_could_not_be_told_is_named(
    ada: APIClient, run: AnalysisRun, cast: Cast
) -> None:
    AnalysisRun.objects.update(state=RunState.FAILED, error_code="no-echoes")
    notify(Kind.REPORT_READY, to=[cast.rosa], about=cast.trial, path="/")
    Delivery.objects.update(state=DeliveryState.GIVEN_UP, last_error="mailbox full")
    found = ada.get(f"{API}queue/").json()
    assert [each["error_code"] for each in found["failed"]] == ["no-echoes"]
    (gone,) = found["given_up"]
    assert (gone["email"], gone["last_error"]) == ("rosa@example.org", "mailbox full")


@pytest.mark.parametrize("how", ["page", "program"])
def test_looking_after_the_queue_is_on_record_with_what_it_did(
    ada: APIClient, run: AnalysisRun, cast: Cast, how: str
) -> None:
    lose_worker()
    if how == "program":
        assert ada.post(f"{API}queue/sweep/").json()["put_back"] == 1
    else:
        browser = Client()
        browser.force_login(cast.ada)
        browser.post("/administration/queue/sweep/")
    assert StageRun.objects.get(stage="ingest").state == StageState.QUEUED
    event = AuditEvent.objects.get(action="queue-swept")
    assert (event.actor, event.new["put_back"]) == ("ada@example.org", 1)


def test_room_is_told_by_trial_and_the_disc_looked_through_on_demand(
    ada: APIClient, run: AnalysisRun, storage_folder: Path
) -> None:
    strange = storage_folder / "runs" / str(uuid4())
    strange.mkdir(parents=True)
    past = time.time() - 2 * 3600
    os.utime(strange, (past, past))
    found = ada.get(f"{API}storage/").json()
    rooms = {each["trial"]: each["received_bytes"] for each in found["trials"]}
    assert rooms == {"Fatty liver": 5, "Another trial": 0}
    assert found["orphans"] is None
    looked = ada.get(f"{API}storage/?look=true").json()
    assert looked["orphans"] == {"contents": 0, "folders": 1}
    assert ada.post(f"{API}storage/tidy/").json()["folders"] == 1
    assert not strange.exists()
    event = AuditEvent.objects.get(action="storage-tidied")
    assert event.new == {"uploads": 0, "contents": 0, "folders": 1, "held_until": None}


def test_a_question_that_makes_no_sense_is_refused(ada: APIClient) -> None:
    answer = ada.get(f"{API}storage/?look=perhaps")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
