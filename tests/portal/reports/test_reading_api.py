from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.reports.models import Reading
from tests.portal.reports.conftest import TRUE_R2STAR, Analysed
from tests.portal.reports.reading_world import World, build_world, plant, read_and_sign


@pytest.fixture
def world(db: None, results: Analysed, tmp_path: Path) -> World:
    return build_world(results, tmp_path)


def program(person: User) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


def mean(body: dict[str, Any], quantity: str) -> float:
    wanted = (quantity, "liver", "mean")
    found = [
        each["value"]
        for each in body["measurements"]
        if (each["quantity"], each["region"], each["statistic"]) == wanted
    ]
    return float(found[0])


def test_a_reading_has_the_numbers_of_its_own_version(world: World) -> None:
    case = world.case()
    mine = plant(world.give(case, "ron"), world, 17.25, 51.5)
    world.give(case, "rita")
    body = program(world.person("ron")).get(reverse("api-reading", args=[mine.pk])).json()
    assert (mean(body, "PDFF"), mean(body, "R2*")) == (17.25, 51.5)
    assert (body["title"], body["visit"], body["state"]) == (mine.code, "", "assigned")


def test_a_reading_is_saved_by_a_program_and_not_signed(world: World) -> None:
    reading = world.give(world.case(), "ron")
    url = reverse("api-reading", args=[reading.pk])
    client = program(world.person("ron"))
    assert client.put(url, {"impression": "Mild."}, format="json").status_code == 400
    body = {"impression": "Mild.", "quality": "limited", "quality_note": "Motion."}
    saved = client.put(url, body, format="json").json()
    assert (saved["impression"], saved["quality"], saved["state"]) == ("Mild.", "limited", "begun")
    assert Reading.objects.get(pk=reading.pk).signed_at is None


def test_the_list_is_filtered_by_state(world: World) -> None:
    world.scheme()
    signed = read_and_sign(world.give(world.case(), "ron"))
    client = program(world.person("ron"))
    assert client.get("/api/v1/readings/?state=open").json()["count"] == 0
    listed = client.get("/api/v1/readings/?state=signed").json()["results"]
    assert [each["code"] for each in listed] == [signed.code]


def test_a_voxel_has_no_region_before_own_values(world: World) -> None:
    reading = world.give(world.case(blinded_to=["analysis"]), "ron")
    client = program(world.person("ron"))
    url = reverse("api-reading-voxel", args=[reading.pk])
    centre = {"i": 18, "j": 20, "k": 8}
    body = client.get(url, centre).json()
    assert body["region"] == ""
    assert {"key": "R2*", "text": f"{TRUE_R2STAR} s⁻¹", "error": "2.0 s⁻¹"} in body["values"]
    own = reverse("api-reading-own-values", args=[reading.pk])
    assert client.post(own, {"pdff_percent": 101}, format="json").status_code == 400
    assert client.post(own, {"pdff_percent": 12}, format="json").status_code == 200
    assert client.get(url, centre).json()["region"].startswith("Segment")
    assert client.get(url, {"i": 999, "j": 0, "k": 0}).status_code == 404


def test_a_manager_gives_out_and_follows_by_program(world: World) -> None:
    world.scheme()
    study = world.report().study_id
    client = program(world.person("mia"))
    url = reverse("api-trial-readings", args=[world.trial.pk])
    body = {"studies": [str(study)], "people": ["ron@blinded.example"], "due_on": "2031-09-01"}
    answer = client.post(url, body, format="json")
    assert (answer.status_code, answer.json()["given_out"]) == (201, 1)
    (row,) = client.get(url).json()["results"]
    assert (row["missing"], row["state"]) == ("Reader 2", "Reader 2 missing")
    assert [each["reader"] for each in row["readers"]] == ["Ron"]
    for name in ("ron", "ulf"):
        assert program(world.person(name)).get(url).status_code == 404
    assert program(world.person("max")).post(url, body, format="json").status_code == 404


def test_results_by_program_are_those_of_the_file(world: World) -> None:
    case = world.case(readers=1, pdff_points=None, r2star_percent=None, quality_differs=False)
    url = reverse("api-trial-results", args=[world.trial.pk])
    client = program(world.person("max"))
    reading = plant(world.give(case, "ron"), world, 17.25, 51.5)
    assert client.get(url).json()["count"] == 0
    read_and_sign(reading)
    (row,) = client.get(url).json()["results"]
    assert (row["values"]["pdff_percent"], row["decided_by"]) == (17.25, "one-reader")
    assert row["reading"] == reading.code
