from __future__ import annotations

import pytest
from django.test import Client

from portal.accounts.models import Invitation
from portal.trials.models import Membership, Role, Site, Trial
from portal.trials.services import add_member
from tests.portal.conftest import Cast


def browser(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(getattr(cast, name))
    return client


def test_a_person_sees_their_own_trials_only(cast: Cast) -> None:
    page = browser(cast, "uma").get("/trials/").content.decode()
    assert "Fatty liver" in page
    assert "Another trial" not in page


def test_an_administrator_makes_a_trial(cast: Cast) -> None:
    answer = browser(cast, "ada").post("/trials/", {"name": "Iron"})
    assert answer.status_code == 302
    assert Trial.objects.filter(name="Iron", slug="iron").exists()


@pytest.mark.parametrize("name", ["", "Fatty liver", "???"])
def test_a_trial_needs_a_name_of_its_own(cast: Cast, name: str) -> None:
    assert browser(cast, "ada").post("/trials/", {"name": name}).status_code == 200
    assert Trial.objects.count() == 2


def test_nobody_else_makes_a_trial(cast: Cast) -> None:
    assert browser(cast, "tom").post("/trials/", {"name": "Iron"}).status_code == 403
    assert Trial.objects.count() == 2


def test_people_are_shown_to_those_who_manage_or_monitor(cast: Cast) -> None:
    for name, is_shown in (("tom", True), ("mona", True), ("uma", False), ("rosa", False)):
        page = browser(cast, name).get(f"/trials/{cast.trial.pk}/").content.decode()
        assert ("uwe@example.org" in page) is is_shown
        assert "North hospital" in page


@pytest.mark.parametrize("name", ["sam"])
def test_a_stranger_finds_no_trial(cast: Cast, name: str) -> None:
    assert browser(cast, name).get(f"/trials/{cast.trial.pk}/").status_code == 404


def test_a_manager_adds_a_site_and_people(cast: Cast) -> None:
    tom = browser(cast, "tom")
    base = f"/trials/{cast.trial.pk}"
    assert tom.post(f"{base}/sites/", {"name": "West", "code": "W"}).status_code == 302
    assert Site.objects.filter(trial=cast.trial, code="W").exists()
    values = {"email": "new@example.org", "role": "uploader", "site": str(cast.north.pk)}
    assert tom.post(f"{base}/members/", values).status_code == 302
    assert Invitation.objects.get().email == "new@example.org"
    assert "new@example.org" in tom.get(f"{base}/").content.decode()


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("sites", {"name": "Again", "code": "N"}),
        ("members", {"email": "nonsense", "role": "uploader"}),
        ("members", {"email": "a@example.org", "role": "emperor"}),
    ],
)
def test_a_wrong_answer_is_explained(cast: Cast, path: str, values: dict[str, str]) -> None:
    answer = browser(cast, "tom").post(f"/trials/{cast.trial.pk}/{path}/", values)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()


def test_a_site_of_another_trial_cannot_be_given(cast: Cast) -> None:
    values = {"email": "uma@example.org", "role": "reader", "site": str(cast.elsewhere.pk)}
    assert browser(cast, "tom").post(f"/trials/{cast.trial.pk}/members/", values).status_code == 422


def test_a_manager_removes_a_member(cast: Cast) -> None:
    membership = Membership.objects.get(user=cast.uma)
    path = f"/trials/{cast.trial.pk}/members/{membership.pk}/remove/"
    assert browser(cast, "tom").post(path).status_code == 302
    assert not Membership.objects.filter(user=cast.uma).exists()


def test_members_of_another_trial_are_out_of_reach(cast: Cast) -> None:
    membership = Membership.objects.filter(user=cast.sam).first()
    assert membership
    path = f"/trials/{cast.trial.pk}/members/{membership.pk}/remove/"
    assert browser(cast, "tom").post(path).status_code == 404


@pytest.mark.parametrize("name", ["rosa", "mona", "uma", "sam"])
def test_only_managers_change_a_trial(cast: Cast, name: str) -> None:
    client = browser(cast, name)
    for path in ("sites", "members", "members/1/remove"):
        assert client.post(f"/trials/{cast.trial.pk}/{path}/", {}).status_code == 404


def test_the_manager_of_one_site_does_not_manage_the_trial(cast: Cast) -> None:
    add_member(cast.trial, cast.uwe, Role.MANAGER, site=cast.south)
    values = {"name": "West", "code": "W"}
    assert browser(cast, "uwe").post(f"/trials/{cast.trial.pk}/sites/", values).status_code == 404


def test_changes_need_a_post(cast: Cast) -> None:
    assert browser(cast, "tom").get(f"/trials/{cast.trial.pk}/sites/").status_code == 405
