from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.reports.models import Reading, ReadingCase
from portal.reports.reading_progress import build_progress, sites_progress
from tests.portal.reports.conftest import Analysed
from tests.portal.reports.reading_world import World, build_world, read_and_sign


@pytest.fixture
def world(db: None, results: Analysed, tmp_path: Path) -> World:
    return build_world(results, tmp_path)


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_sites_are_counted_by_construction(world: World) -> None:
    world.scheme()
    for number in range(2):
        world.report(f"KX-{number}")
    world.report("KX-0", "Week 12")
    case = ReadingCase.objects.get(study__subject__code="KX-1")
    for name in ("ron", "rita"):
        read_and_sign(world.give(case, name))
    (site,) = sites_progress(world.trial)
    assert (site.subjects, site.visits, site.studies, site.analysed) == (2, 3, 3, 3)
    assert (site.signed, site.locked, site.open_rescans) == (2, 1, 0)


def test_studies_stand_in_their_states(world: World) -> None:
    world.scheme()
    subjects = ("KX-waits", "KX-read", "KX-differs", "KX-locked")
    cases = {name: ReadingCase.objects.get(study=world.report(name).study) for name in subjects}
    for name, quality in (("ron", "good"), ("rita", "limited")):
        world.give(cases["KX-read"], name)
        read_and_sign(world.give(cases["KX-differs"], name), quality=quality, note="Motion.")
        read_and_sign(world.give(cases["KX-locked"], name))
    mia = world.person("mia")

    def listed(state: str) -> set[str]:
        return {row.subject for row in build_progress(mia, world.trial, state, "1").rows}

    assert listed("") == {*subjects}
    assert listed("waiting") == {"KX-waits"}
    assert listed("reading") == {"KX-read"}
    assert listed("differing") == {"KX-differs"}
    assert listed("locked") == {"KX-locked"}


def test_more_studies_need_no_more_queries(
    world: World, django_assert_max_num_queries: object
) -> None:
    world.scheme()
    for number in range(4):
        case = ReadingCase.objects.get(study=world.report(f"KX-{number}").study)
        world.give(case, "ron")
    with django_assert_max_num_queries(20):  # type: ignore[operator]  # pytest-django's fixture
        build_progress(world.person("mia"), world.trial, "", "1")


def test_a_manager_gives_out_and_takes_back(world: World) -> None:
    world.scheme()
    study = world.report().study
    client = browser(world.person("mia"))
    base = f"/trials/{world.trial.pk}/readings/"
    assert "Tick the studies" in client.post(f"{base}assign/", {}, follow=True).content.decode()
    ron = world.person("ron")
    values = {"studies": [str(study.pk)], "people": [str(ron.pk)], "due_on": "2031-09-01"}
    said = client.post(f"{base}assign/", values, follow=True).content.decode()
    assert "Readings given out: 1." in said
    reading = Reading.objects.get(reader=ron)
    assert reading.code in said
    client.post(f"{base}{reading.pk}/take-back/", {"reason": "On holiday."})
    assert Reading.objects.get(pk=reading.pk).withdrawn_because == "On holiday."


def test_a_monitor_follows_and_changes_nothing(world: World) -> None:
    world.scheme()
    world.report()
    client = browser(world.person("max"))
    base = f"/trials/{world.trial.pk}/readings/"
    page = client.get(base).content.decode()
    assert "Reader 1 missing" in page
    assert "Give out the ticked" not in page
    assert client.post(f"{base}assign/", {}).status_code == 404


@pytest.mark.parametrize("name", ["ron", "adam", "ulf"])
def test_readers_and_sites_do_not_follow(world: World, name: str) -> None:
    world.scheme()
    client = browser(world.person(name))
    for path in ("", "results.csv", "readings.csv"):
        assert client.get(f"/trials/{world.trial.pk}/readings/{path}").status_code == 404
