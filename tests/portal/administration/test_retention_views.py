from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.retention.models import DeletionRecord, LegalHold, RetentionPolicy
from portal.retention.plans import plan_for
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.runs.conftest import upload_study

BASE = "/administration/retention/"


@pytest.fixture
def ada(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.ada)
    return client


@pytest.fixture
def study(cast: Cast) -> Study:
    return upload_study(cast.north, cast.uma, {"IM": b"12345"}, "S-1")


def test_a_policy_is_kept_and_shows_what_is_due(ada: Client, cast: Cast, study: Study) -> None:
    Study.objects.update(received_at=timezone.now() - timedelta(days=30))
    path = f"{BASE}trials/{cast.trial.pk}/"
    values = {"keep_days": "10", "counts_from": "received", "reason": "GCP"}
    ada.post(f"{path}policy/", values)
    assert RetentionPolicy.objects.get().keep_days == 10
    assert "Over their time: 1" in ada.get(path).content.decode()
    assert "10 days from" in ada.get(BASE).content.decode()
    assert Study.objects.exists()  # a policy alone removes nothing


@pytest.mark.parametrize("values", [{"keep_days": "-1"}, {"reason": ""}, {"counts_from": "x"}])
def test_a_wrong_policy_is_explained(ada: Client, cast: Cast, values: dict[str, str]) -> None:
    right = {"keep_days": "10", "counts_from": "received", "reason": "GCP"}
    answer = ada.post(f"{BASE}trials/{cast.trial.pk}/policy/", right | values)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not RetentionPolicy.objects.exists()


def test_holds_are_placed_and_released(ada: Client, cast: Cast, study: Study) -> None:
    ada.post(f"{BASE}trials/{cast.trial.pk}/hold/", {"reason": "A court asks."})
    ada.post(f"{BASE}studies/{study.pk}/hold/", {"reason": "Another court asks."})
    ada.post(f"{BASE}studies/{study.pk}/hold/", {"reason": ""})
    ada.post(f"{BASE}trials/{cast.trial.pk}/hold/", {"reason": ""})
    assert LegalHold.objects.filter(released_at=None).count() == 2
    text = ada.get(f"{BASE}trials/{cast.trial.pk}/").content.decode()
    assert "A court asks." in text
    assert "Another court asks." in text
    assert "A legal hold keeps" in ada.get(f"{BASE}studies/{study.pk}/").content.decode()
    for hold in LegalHold.objects.all():
        ada.post(f"{BASE}holds/{hold.pk}/release/")
    assert not LegalHold.objects.filter(released_at=None).exists()


def form_of(study: Study) -> dict[str, str]:
    return {
        "plan_sha256": plan_for(study).sha256,
        "reason": "The time is over.",
        "subject": "S-1",
    }


def test_a_study_is_deleted_after_a_look_and_its_record_is_listed(
    ada: Client, cast: Cast, study: Study
) -> None:
    path = f"{BASE}studies/{study.pk}/"
    assert "Nothing has been removed yet" in ada.get(path).content.decode()
    assert Study.objects.exists()
    answer = ada.post(f"{path}delete/", form_of(study), follow=True)
    assert "The time is over." in answer.content.decode()
    assert not Study.objects.exists()
    assert DeletionRecord.objects.get().deleted_by == cast.ada
    assert ada.get(path).status_code == 404


@pytest.mark.parametrize(
    "values", [{"subject": "S-2"}, {"reason": ""}, {"plan_sha256": "x"}, {"subject": ""}]
)
def test_a_careless_click_deletes_nothing(
    ada: Client, study: Study, values: dict[str, str]
) -> None:
    answer = ada.post(f"{BASE}studies/{study.pk}/delete/", form_of(study) | values)
    assert answer.status_code == 422
    assert Study.objects.exists()


def test_an_old_look_does_not_count(ada: Client, study: Study) -> None:
    values = form_of(study) | {"plan_sha256": "0" * 64}
    answer = ada.post(f"{BASE}studies/{study.pk}/delete/", values, follow=True)
    assert "look again" in answer.content.decode()
    assert Study.objects.exists()
