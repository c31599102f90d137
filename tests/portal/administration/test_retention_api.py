from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from portal.audit.models import AuditEvent
from portal.retention.models import DeletionRecord, RetentionPolicy
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.runs.conftest import upload_study

API = "/api/v1/"
POLICY = {"keep_days": 10, "counts_from": "received", "reason": "GCP 5.5"}


@pytest.fixture
def ada(cast: Cast) -> APIClient:
    client = APIClient()
    client.force_login(cast.ada)
    return client


@pytest.fixture
def study(cast: Cast) -> Study:
    return upload_study(cast.north, cast.uma, {"IM": b"12345"}, "S-1")


def test_a_policy_is_put_versioned_and_lists_what_is_due(
    ada: APIClient, cast: Cast, study: Study
) -> None:
    path = f"{API}trials/{cast.trial.pk}/"
    assert ada.get(f"{path}retention/").status_code == 404
    assert ada.put(f"{path}retention/", POLICY, format="json").json()["version"] == 1
    assert ada.get(f"{path}due-studies/").json()["count"] == 0
    Study.objects.update(received_at=timezone.now() - timedelta(days=30))
    assert [row["id"] for row in ada.get(f"{path}due-studies/").json()["results"]] == [
        str(study.pk)
    ]
    for_ever = POLICY | {"keep_days": None}
    assert ada.put(f"{path}retention/", for_ever, format="json").json()["version"] == 2
    event = AuditEvent.objects.filter(action="retention-changed").latest("sequence")
    assert (event.old["keep_days"], event.new["keep_days"]) == (10, None)
    assert Study.objects.exists()  # a policy alone removes nothing


def test_the_overview_has_a_line_a_trial(ada: APIClient, cast: Cast, study: Study) -> None:
    ada.put(f"{API}trials/{cast.trial.pk}/retention/", POLICY, format="json")
    ada.post(f"{API}trials/{cast.trial.pk}/holds/", {"reason": "A court asks."}, format="json")
    found = ada.get(f"{API}retention/").json()
    lines = {line["trial_name"]: line for line in found["results"]}
    assert found["count"] == len(lines) == 2
    assert lines["Fatty liver"]["policy"]["keep_days"] == 10
    assert (lines["Fatty liver"]["holds"], lines["Fatty liver"]["due"]) == (1, 0)
    assert lines["Another trial"]["policy"] is None


@pytest.mark.parametrize(
    "wrong", [{"keep_days": 0}, {"keep_days": "x"}, {"counts_from": "x"}, {"reason": ""}]
)
def test_a_policy_that_makes_no_sense_is_refused(
    ada: APIClient, cast: Cast, wrong: dict[str, Any]
) -> None:
    answer = ada.put(f"{API}trials/{cast.trial.pk}/retention/", POLICY | wrong, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not RetentionPolicy.objects.exists()


def test_a_policy_changed_on_an_old_state_is_refused(ada: APIClient, cast: Cast) -> None:
    path = f"{API}trials/{cast.trial.pk}/retention/"
    ada.put(path, POLICY, format="json")
    seen = ada.get(path)["ETag"]
    ada.put(path, POLICY | {"keep_days": 20}, format="json", HTTP_IF_MATCH=seen)
    late = ada.put(path, POLICY | {"keep_days": 30}, format="json", HTTP_IF_MATCH=seen)
    assert (late.status_code, late.json()["code"]) == (412, "stale")
    assert RetentionPolicy.objects.get().keep_days == 20


def test_holds_are_placed_listed_and_released_once(
    ada: APIClient, cast: Cast, study: Study
) -> None:
    path = f"{API}trials/{cast.trial.pk}/holds/"
    whole = ada.post(path, {"reason": "A court asks."}, format="json").json()
    one = ada.post(path, {"reason": "Another.", "study_id": str(study.pk)}, format="json").json()
    assert (whole["study_id"], one["study_id"]) == (None, str(study.pk))
    assert ada.get(path).json()["count"] == 2
    plan = ada.get(f"{API}studies/{study.pk}/deletion/").json()
    assert plan["held_because"]
    refused = ada.post(f"{API}studies/{study.pk}/deletion/", request_of(plan), format="json").json()
    assert refused["code"] == "on-hold"
    for hold in (whole, one):
        assert ada.delete(f"{API}holds/{hold['id']}/").status_code == 204
        assert ada.delete(f"{API}holds/{hold['id']}/").status_code == 404
    assert AuditEvent.objects.filter(action="hold-released").count() == 2
    assert ada.get(path).json()["count"] == 0


def test_a_study_of_another_trial_is_not_held(ada: APIClient, cast: Cast) -> None:
    other = upload_study(cast.elsewhere, cast.sam, {"IM": b"1"}, "S-9")
    for study_id in (other.pk, uuid4()):
        wanted = {"reason": "A court asks.", "study_id": str(study_id)}
        path = f"{API}trials/{cast.trial.pk}/holds/"
        assert ada.post(path, wanted, format="json").status_code == 404


def request_of(plan: dict[str, Any]) -> dict[str, str]:
    return {
        "plan_sha256": plan["plan_sha256"],
        "reason": "The time is over.",
        "subject": plan["contents"]["subject"],
    }


def test_a_study_is_deleted_as_its_dry_run_said_and_stays_on_record(
    ada: APIClient, cast: Cast, study: Study
) -> None:
    path = f"{API}studies/{study.pk}/deletion/"
    plan = ada.get(path).json()
    assert (plan["freed_bytes"], plan["held_because"]) == (5, "")
    assert Study.objects.exists()  # nothing goes by looking
    made = ada.post(path, request_of(plan), format="json", HTTP_IDEMPOTENCY_KEY="once")
    assert (made.status_code, made.json()["contents_sha256"]) == (201, plan["plan_sha256"])
    again = ada.post(path, request_of(plan), format="json", HTTP_IDEMPOTENCY_KEY="once")
    assert again.json() == made.json()
    assert not Study.objects.exists()
    assert ada.get(path).status_code == 404
    (listed,) = ada.get(f"{API}deletions/?trial={cast.trial.pk}").json()["results"]
    assert (listed["study_id"], listed["deleted_by"]) == (str(study.pk), "ada@example.org")
    assert ada.get(f"{API}deletions/?trial={uuid4()}").json()["count"] == 0
    assert AuditEvent.objects.get(action="study-deleted").new["reason"] == "The time is over."


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"subject": "S-2"}, 400, "subject-other"),
        ({"plan_sha256": "0" * 64}, 409, "plan-old"),
        ({"plan_sha256": "x"}, 400, "invalid"),
        ({"reason": ""}, 400, "invalid"),
    ],
)
def test_a_careless_request_deletes_nothing(
    ada: APIClient, study: Study, wrong: dict[str, str], status: int, code: str
) -> None:
    path = f"{API}studies/{study.pk}/deletion/"
    answer = ada.post(path, request_of(ada.get(path).json()) | wrong, format="json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Study.objects.exists()
    assert not DeletionRecord.objects.exists()
