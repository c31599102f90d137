from __future__ import annotations

import pytest
from django.test import Client

from portal.audit.models import AuditEvent
from portal.errors import PortalError
from portal.trials.changes import rename_site, rename_trial, set_quota
from portal.trials.models import Site, Trial
from tests.portal.conftest import Cast

GIB = 1024**3


def browser(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(getattr(cast, name))
    return client


def test_a_trial_gets_another_name_and_keeps_its_short_one(cast: Cast) -> None:
    renamed = rename_trial(cast.trial, " Fatty liver II ", by=cast.ada)
    assert (renamed.name, renamed.slug) == ("Fatty liver II", cast.trial.slug)
    event = AuditEvent.objects.get(action="trial-renamed")
    assert (event.old, event.new) == ({"name": "Fatty liver"}, {"name": "Fatty liver II"})


@pytest.mark.parametrize("name", ["Another trial", "", "???"])
def test_a_name_that_is_taken_or_empty_is_refused(cast: Cast, name: str) -> None:
    with pytest.raises(PortalError):
        rename_trial(cast.trial, name, by=cast.ada)
    assert Trial.objects.get(pk=cast.trial.pk).name == "Fatty liver"


def test_what_is_so_already_leaves_no_line(cast: Cast) -> None:
    rename_trial(cast.trial, "Fatty liver", by=cast.ada)
    set_quota(cast.trial, None, by=cast.ada)
    rename_site(cast.north, "North hospital", by=cast.tom)
    acts = ["trial-renamed", "quota-changed", "site-renamed"]
    assert not AuditEvent.objects.filter(action__in=acts).exists()


def test_an_administrator_changes_name_and_room_on_the_page(cast: Cast) -> None:
    page = f"/trials/{cast.trial.pk}/change/"
    browser(cast, "ada").post(page, {"name": "Renamed", "quota_gb": "1.5"})
    trial = Trial.objects.get(pk=cast.trial.pk)
    assert (trial.name, trial.quota_bytes) == ("Renamed", 3 * GIB // 2)
    shown = browser(cast, "ada").get(f"/trials/{cast.trial.pk}/").content.decode()
    assert 'value="1.5"' in shown
    browser(cast, "ada").post(page, {"name": "Renamed", "quota_gb": ""})
    assert Trial.objects.get(pk=cast.trial.pk).quota_bytes is None


@pytest.mark.parametrize(
    "values",
    [
        {"name": "", "quota_gb": "1"},
        {"name": "Other", "quota_gb": "-1"},
        {"name": "Other", "quota_gb": "much"},
        {"name": "Other", "quota_gb": "nan"},
        {"name": "Another trial", "quota_gb": "1"},
    ],
)
def test_a_change_that_cannot_be_is_refused_whole(cast: Cast, values: dict[str, str]) -> None:
    answer = browser(cast, "ada").post(f"/trials/{cast.trial.pk}/change/", values, follow=True)
    trial = Trial.objects.get(pk=cast.trial.pk)
    assert (trial.name, trial.quota_bytes) == ("Fatty liver", None)
    assert 'class="notice error"' in answer.content.decode()


def test_a_manager_renames_a_site_of_the_own_trial_only(cast: Cast) -> None:
    tom = browser(cast, "tom")
    tom.post(f"/trials/{cast.trial.pk}/sites/{cast.north.pk}/name/", {"name": "Nordklinik"})
    assert Site.objects.get(pk=cast.north.pk).name == "Nordklinik"
    other = f"/trials/{cast.trial.pk}/sites/{cast.elsewhere.pk}/name/"
    assert tom.post(other, {"name": "Mine"}).status_code == 404
    event = AuditEvent.objects.get(action="site-renamed")
    assert (event.actor, event.old) == ("tom@example.org", {"name": "North hospital"})


def test_a_program_changes_one_thing_and_nothing_else(cast: Cast) -> None:
    ada = browser(cast, "ada")
    path = f"/api/v1/trials/{cast.trial.pk}/"
    kind = "application/json"
    assert ada.patch(path, {"quota_bytes": 5}, content_type=kind).json()["quota_bytes"] == 5
    body = ada.patch(path, {"name": "Renamed"}, content_type=kind).json()
    assert (body["name"], body["quota_bytes"], body["closed_at"]) == ("Renamed", 5, None)
    assert ada.patch(path, {"is_closed": True}, content_type=kind).json()["closed_at"]
    assert ada.patch(path, {"quota_bytes": None}, content_type=kind).json()["quota_bytes"] is None
    assert ada.patch(path, {}, content_type=kind).status_code == 400
    assert ada.patch(path, {"name": "Another trial"}, content_type=kind).status_code == 409


def test_a_program_renames_a_site(cast: Cast) -> None:
    path = f"/api/v1/trials/{cast.trial.pk}/sites/{cast.north.pk}/"
    answer = browser(cast, "tom").patch(path, {"name": "Nord"}, content_type="application/json")
    assert (answer.json()["name"], answer.json()["code"]) == ("Nord", "N")
