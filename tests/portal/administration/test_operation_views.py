from __future__ import annotations

import os
import time
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from portal.administration.queue import queue_page
from portal.administration.room import find_orphans, storage_page
from portal.audit.models import AuditEvent
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery, DeliveryState
from portal.notifications.services import notify
from portal.runs import models_registry
from portal.runs.models import AnalysisRun, Artefact, OutboxMessage, RunState, StageRun, StageState
from portal.runs.services import start_run
from portal.studies.models import ClockMark, Study
from tests.portal.conftest import Cast
from tests.portal.runs.conftest import upload_study

BASE = "/administration/"


@pytest.fixture
def ada(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.ada)
    return client


@pytest.fixture
def study(cast: Cast) -> Study:
    return upload_study(cast.north, cast.uma, {"IM": b"12345"}, "S-1")


@pytest.fixture
def run(cast: Cast, study: Study) -> AnalysisRun:
    return start_run(study, cast.uma)


def page_text(client: Client, path: str) -> str:
    answer = client.get(f"{BASE}{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_queue_shows_what_waits_and_is_in_hand(ada: Client, run: AnalysisRun) -> None:
    page = queue_page()
    assert {each.label: each.count for each in page.states}["Queued"] == 1
    assert [stage.stage for stage in page.waiting] == ["ingest"]
    assert (page.outbox.count, page.working, page.stuck) == (1, (), ())
    now = timezone.now()
    StageRun.objects.filter(stage="ingest").update(
        state=StageState.RUNNING,
        worker="host:7",
        started_at=now - timedelta(minutes=3),
        lease_until=now + timedelta(seconds=40),
    )
    (line,) = queue_page(now).working
    assert (line.stage.worker, line.minutes, line.lease_s) == ("host:7", 3, 40)
    assert "host:7" in page_text(ada, "queue/")


@pytest.mark.parametrize("how", ["silent", "untaken", "forgotten"])
def test_what_is_stuck_is_named(ada: Client, run: AnalysisRun, how: str) -> None:
    stage = StageRun.objects.filter(run=run, stage="ingest")
    past = timezone.now() - timedelta(minutes=11)
    if how == "silent":
        stage.update(state=StageState.RUNNING, lease_until=past)
    elif how == "untaken":
        OutboxMessage.objects.update(created_at=past)
    else:
        OutboxMessage.objects.all().delete()
    assert [each.stage for each in queue_page().stuck] == ["ingest"]
    page_text(ada, "queue/")


def test_a_failed_run_is_run_again_from_the_page(ada: Client, run: AnalysisRun) -> None:
    AnalysisRun.objects.update(
        state=RunState.FAILED, error_message="Send the multi-echo series.", error_code="no-echoes"
    )
    StageRun.objects.filter(run=run).update(state=StageState.WAITING)
    text = page_text(ada, "queue/")
    assert "Send the multi-echo series." in text
    assert f'action="/runs/{run.pk}/retry"' in text
    ada.post(f"/runs/{run.pk}/retry")
    assert AnalysisRun.objects.get().state == RunState.QUEUED


def test_looking_after_the_queue_puts_back_what_lost_its_worker(
    ada: Client, run: AnalysisRun
) -> None:
    past = timezone.now() - timedelta(minutes=1)
    StageRun.objects.filter(stage="ingest").update(
        state=StageState.RUNNING, lease_until=past, attempts=1
    )
    answer = ada.post(f"{BASE}queue/sweep/", follow=True)
    assert "Steps put back: 1" in answer.content.decode()
    assert StageRun.objects.get(stage="ingest").state == StageState.QUEUED


def test_messages_that_were_given_up_are_shown(ada: Client, cast: Cast) -> None:
    notify(Kind.REPORT_READY, to=[cast.rosa], about=cast.trial, path="/")
    Delivery.objects.update(state=DeliveryState.GIVEN_UP, last_error="mailbox full")
    assert "mailbox full" in page_text(ada, "queue/")


def test_the_shipped_models_are_shown_with_their_cards(ada: Client) -> None:
    text = page_text(ada, "models/")
    for line in models_registry.overview().models:
        assert line.sha256 in text
        assert line.card is not None
        assert line.card.licence in text


def test_a_model_is_not_chosen_without_a_reason(ada: Client) -> None:
    sha256 = models_registry.overview().models[0].sha256
    answer = ada.post(f"{BASE}models/{sha256}/activate/", {"reason": ""}, follow=True)
    assert "Say why" in answer.content.decode()
    answer = ada.post(f"{BASE}models/roll-back/", {"reason": " "}, follow=True)
    assert "Say why" in answer.content.decode()


def test_refusals_of_the_registry_are_said_in_words(ada: Client) -> None:
    active = models_registry.active_sha256()
    why = {"reason": "To try it."}
    for path, sentence in (
        (f"models/{active}/activate/", "already"),
        (f"models/{'0' * 64}/activate/", "not installed"),
        ("models/roll-back/", "no earlier model"),
    ):
        answer = ada.post(f"{BASE}{path}", why, follow=True)
        assert sentence in answer.content.decode()


def package(name: str, content: bytes) -> SimpleUploadedFile:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return SimpleUploadedFile("model.zip", packed.getvalue())


def test_a_package_that_is_no_model_is_explained(ada: Client) -> None:
    answer = ada.post(
        f"{BASE}models/import/", {"package": package("card.json", b"{}")}, follow=True
    )
    assert answer.status_code == 200
    assert 'class="notice error"' in answer.content.decode()
    assert ada.post(f"{BASE}models/import/", {}).status_code == 422


def test_storage_is_counted_by_trial(cast: Cast, ada: Client, run: AnalysisRun) -> None:
    upload_study(cast.elsewhere, cast.sam, {"IM": b"12345"}, "S-9")
    Artefact.objects.create(
        run=run, stage="export", name="a", media_type="x", sha256="a" * 64, size_bytes=7, path="x"
    )
    page = storage_page()
    assert [(t.trial, t.studies, t.received_bytes, t.results_bytes) for t in page.trials] == [
        ("Fatty liver", 1, 5, 7),
        ("Another trial", 1, 5, 0),
    ]
    assert (page.stored_files, page.stored_bytes) == (1, 5)  # equal content is kept once
    assert page.orphans is None
    assert page.free_bytes > 0
    assert "Fatty liver" in page_text(ada, "storage/")


def aged(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "result").write_text("x")
    past = time.time() - 2 * 3600
    os.utime(path, (past, past))
    return path


def test_what_belongs_to_nobody_is_found_and_removed(
    ada: Client, run: AnalysisRun, storage_folder: Path
) -> None:
    strange = aged(storage_folder / "runs" / str(uuid4()))
    known = aged(storage_folder / "runs" / str(run.pk))
    other = aged(storage_folder / "runs" / "not-a-run")
    young = storage_folder / "reports" / str(uuid4())
    young.mkdir(parents=True)
    assert find_orphans().folders == (strange,)
    assert strange.name in page_text(ada, "storage/?look")
    ada.post(f"{BASE}storage/tidy/")
    assert [each.exists() for each in (strange, known, other, young)] == [False, True, True, True]
    event = AuditEvent.objects.get(action="storage-tidied")
    assert event.new["folders"] == 1


def test_nothing_is_removed_after_the_clock_has_jumped_and_that_is_said(
    ada: Client, run: AnalysisRun, storage_folder: Path
) -> None:
    strange = aged(storage_folder / "runs" / str(uuid4()))
    seen = timezone.now() - timedelta(days=30)
    ClockMark.objects.create(pk=1, seen_at=seen, steady_since=seen)
    answer = ada.post(f"{BASE}storage/tidy/", follow=True)
    assert "Look at the clock of the server" in answer.content.decode()
    assert strange.exists()


def test_little_room_is_said(ada: Client, settings: object, cast: Cast) -> None:
    settings.STORAGE_KEEP_FREE_BYTES = 10**18  # type: ignore[attr-defined]  # of pytest-django
    assert "Room is short" in page_text(ada, "storage/")
