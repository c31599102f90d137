from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.runs.execution import run_stage
from portal.runs.models import AnalysisRun, RunState
from portal.runs.services import start_run
from portal.studies.models import Study, Upload
from portal.studies.services import open_upload
from tests.portal.conftest import Cast, line
from tests.portal.runs.broker_calls import Calls
from tests.portal.runs.received import upload_study

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toy_stages", "broker")]
ApiOf = Callable[[User | AnonymousUser], APIClient]


@pytest.fixture
def run(study: Study, cast: Cast, broker: Calls) -> AnalysisRun:
    return start_run(study, cast.uma)


@pytest.fixture
def finished(run: AnalysisRun) -> AnalysisRun:
    for name in ("ingest", "segment", "map", "export"):
        assert run_stage(run.pk, name)
    run.refresh_from_db()
    return run


def test_completing_an_upload_starts_its_analysis(cast: Cast, api_of: ApiOf) -> None:
    study = upload_study(cast.north, cast.uma, {"a.dcm": b"a"})
    answer = api_of(cast.uma).post(f"/api/v1/uploads/{study.upload_id}/complete/")
    assert answer.status_code == HTTPStatus.CREATED
    assert answer.data["state"] == RunState.QUEUED
    assert [stage["name"] for stage in answer.data["stages"]] == [
        "ingest",
        "segment",
        "map",
        "export",
    ]
    assert answer.data["page_url"] == f"/runs/{answer.data['id']}/"


def test_completing_twice_gives_the_same_run(cast: Cast, api_of: ApiOf) -> None:
    study = upload_study(cast.north, cast.uma, {"a.dcm": b"a"})
    client, url = api_of(cast.uma), f"/api/v1/uploads/{study.upload_id}/complete/"
    assert client.post(url).data["id"] == client.post(url).data["id"]


def test_an_upload_with_missing_files_is_not_analysed(cast: Cast, api_of: ApiOf) -> None:
    upload = open_upload(cast.uma, cast.north, "S-2", "Baseline", [line("a.dcm", b"a")])
    answer = api_of(cast.uma).post(f"/api/v1/uploads/{upload.pk}/complete/")
    assert answer.status_code == HTTPStatus.CONFLICT
    assert answer.data["code"] == "upload-incomplete"
    assert not AnalysisRun.objects.exists()


@pytest.mark.parametrize("name", ["sam", "uwe", "rosa", "mona"])
def test_who_may_not_upload_completes_nothing(name: str, cast: Cast, api_of: ApiOf) -> None:
    upload = open_upload(cast.uma, cast.north, "S-2", "Baseline", [line("empty", b"")])
    answer = api_of(cast.people[name]).post(f"/api/v1/uploads/{upload.pk}/complete/")
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert Upload.objects.get(pk=upload.pk).state == Upload.State.OPEN


def test_progress_is_json(run: AnalysisRun, cast: Cast, api_of: ApiOf) -> None:
    run_stage(run.pk, "ingest")
    answer = api_of(cast.rosa).get(f"/api/v1/runs/{run.pk}/")
    assert answer.data["progress_percent"] == 25
    assert answer.data["is_finished"] is False
    assert answer.data["stages"][0]["state"] == "succeeded"
    assert answer.data["queue_position"] is None


@pytest.mark.parametrize("name", ["sam", "uwe"])
@pytest.mark.parametrize("path", ["", "artefacts/", "artefacts/report.json"])
def test_strangers_see_nothing_of_a_run(
    name: str, path: str, finished: AnalysisRun, cast: Cast, api_of: ApiOf
) -> None:
    answer = api_of(cast.people[name]).get(f"/api/v1/runs/{finished.pk}/{path}")
    assert answer.status_code == HTTPStatus.NOT_FOUND


def test_nobody_is_told_to_sign_in(run: AnalysisRun, api_of: ApiOf) -> None:
    answer = api_of(AnonymousUser()).get(f"/api/v1/runs/{run.pk}/")
    assert answer.status_code == HTTPStatus.UNAUTHORIZED


def test_a_study_is_analysed_again_with_values_its_headers_lack(
    finished: AnalysisRun, cast: Cast, api_of: ApiOf
) -> None:
    values = {"echo_times_ms": [1.2, 2.2], "field_strength_t": 3.0}
    url = f"/api/v1/studies/{finished.study_id}/runs/"
    answer = api_of(cast.uma).post(url, values, format="json")
    assert answer.status_code == HTTPStatus.CREATED
    assert answer.data["id"] != str(finished.pk)
    assert AnalysisRun.objects.get(pk=answer.data["id"]).options["echo_times_ms"] == [1.2, 2.2]


@pytest.mark.parametrize("values", [{"echo_times_ms": [0]}, {"field_strength_t": 99}])
def test_values_that_cannot_be_are_refused(
    values: dict[str, object], finished: AnalysisRun, cast: Cast, api_of: ApiOf
) -> None:
    url = f"/api/v1/studies/{finished.study_id}/runs/"
    answer = api_of(cast.uma).post(url, values, format="json")
    assert answer.status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("name", ["sam", "uwe", "rosa", "mona"])
def test_who_may_not_upload_analyses_nothing_again(
    name: str, finished: AnalysisRun, cast: Cast, api_of: ApiOf
) -> None:
    url = f"/api/v1/studies/{finished.study_id}/runs/"
    answer = api_of(cast.people[name]).post(url, {}, format="json")
    assert answer.status_code == HTTPStatus.NOT_FOUND


def test_cancel_and_retry(run: AnalysisRun, cast: Cast, api_of: ApiOf) -> None:
    client = api_of(cast.uma)
    assert client.post(f"/api/v1/runs/{run.pk}/cancel/").data["state"] == RunState.CANCELLED
    second = client.post(f"/api/v1/runs/{run.pk}/cancel/")
    assert (second.status_code, second.data["code"]) == (HTTPStatus.CONFLICT, "run-ended")
    assert client.post(f"/api/v1/runs/{run.pk}/retry/").data["state"] == RunState.QUEUED


def test_files_of_a_run_are_listed_and_sent_whole(
    finished: AnalysisRun, cast: Cast, api_of: ApiOf
) -> None:
    client = api_of(cast.rosa)
    listed = client.get(f"/api/v1/runs/{finished.pk}/artefacts/").data["results"]
    assert [file["name"] for file in listed] == ["report.json"]
    answer = client.get(f"/api/v1/runs/{finished.pk}/artefacts/report.json")
    content = b"".join(answer.streaming_content)
    assert content == b'{"sum": 28.0, "max": 7.0}'
    assert len(content) == listed[0]["size_bytes"]
    assert answer.headers["ETag"] == f'"{listed[0]["sha256"]}"'
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_file_that_is_not_listed_is_not_sent(
    finished: AnalysisRun, cast: Cast, api_of: ApiOf
) -> None:
    answer = api_of(cast.rosa).get(f"/api/v1/runs/{finished.pk}/artefacts/../../../secret_key")
    assert answer.status_code == HTTPStatus.NOT_FOUND
