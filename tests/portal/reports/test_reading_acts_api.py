"""What readers, adjudicators and managers do with readings, by a program."""

from __future__ import annotations

import base64
import gzip
from pathlib import Path

import numpy as np
import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.reports.documents import study_images
from portal.reports.models import Reading
from portal.reports.reading_services import compared
from tests.portal.reports.conftest import Analysed
from tests.portal.reports.reading_world import World, build_world, plant, read_and_sign


@pytest.fixture
def world(db: None, results: Analysed, tmp_path: Path) -> World:
    return build_world(results, tmp_path)


def program(person: User) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


def path(reading: Reading, name: str, *more: str) -> str:
    return reverse(f"api-reading-{name}", args=[reading.pk, *more])


def disputed(world: World) -> Reading:
    """Return the adjudicator's reading of a study that two readers read differently."""
    case = world.case(readers=2, pdff_points=2.0, assignment="manual")
    for name, pdff in (("ron", 10.0), ("rita", 20.0)):
        read_and_sign(plant(world.give(case, name), world, pdff, 50.0))
    case.refresh_from_db()
    return world.give(case, "adam")


def test_an_adjudicator_takes_over_one_of_two_readings(world: World) -> None:
    reading = disputed(world)
    first, _ = compared(reading.case)
    adam = program(world.person("adam"))
    wrong = adam.post(path(reading, "decision"), {"pick": "C"}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid")
    body = adam.post(path(reading, "decision"), {"pick": "A"}, format="json").json()
    assert (body["decision"], body["quality"]) == ("picked", first.quality)
    assert Reading.objects.get(pk=reading.pk).picked == first
    assert AuditEvent.objects.filter(action="reading-decided").count() == 1


def test_a_reader_decides_nothing(world: World) -> None:
    reading = world.give(world.case(assignment="manual"), "ron")
    ron = program(world.person("ron"))
    lonely = ron.post(path(reading, "decision"), {"pick": "A"}, format="json")
    assert (lonely.status_code, lonely.json()["code"]) == (400, "reading-pick")
    answer = ron.post(path(reading, "decision"), {"pick": "own"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "reading-not-adjudicator")
    other = program(world.person("rita")).post(path(reading, "decision"), {"pick": "own"})
    assert other.status_code == 404


def test_a_manager_takes_a_reading_back_with_a_reason(world: World) -> None:
    reading = world.give(world.case(assignment="manual"), "ron")
    url = reverse("api-reading-take-back", args=[world.trial.pk, reading.pk])
    mia = program(world.person("mia"))
    assert mia.post(url, {}, format="json").json()["code"] == "invalid"
    for name in ("max", "ron", "ulf"):
        denied = program(world.person(name)).post(url, {"reason": "x"}, format="json")
        assert denied.status_code == 404
    assert mia.post(url, {"reason": "Ron is away."}, format="json").status_code == 200
    again = mia.post(url, {"reason": "Ron is away."}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "reading-closed")
    assert AuditEvent.objects.get(action="reading-withdrawn").new["reason"] == "Ron is away."


def test_images_are_those_that_the_reader_may_see_now(world: World) -> None:
    hidden = ["site", "time", "subject", "other-readers", "analysis"]
    reading = world.give(world.case(assignment="manual", blinded_to=hidden), "ron")
    ron = program(world.person("ron"))

    def fetched(name: str) -> bytes:
        answer = ron.get(path(reading, "image", name), HTTP_ACCEPT="application/gzip")
        assert answer["Content-Type"] == "application/gzip"
        return gzip.decompress(b"".join(answer.streaming_content))  # type: ignore[attr-defined]  # a file

    header = 352  # bytes before the voxels of a NIfTI file
    assert not any(fetched("segments")[header:])  # the outline is still hidden
    own = {"pdff_percent": 12.0}
    assert ron.post(path(reading, "own-values"), own, format="json").status_code == 200
    assert any(fetched("segments")[header:])
    assert len(fetched("PDFF")) > header
    assert ron.get(path(reading, "image", "gossip")).status_code == 404
    assert program(world.person("rita")).get(path(reading, "image", "PDFF")).status_code == 404


def test_an_outline_of_a_reading_is_tried_and_kept_as_the_readers_own(world: World) -> None:
    hidden = ["analysis"]
    reading = world.give(world.case(assignment="manual", blinded_to=hidden), "ron")
    ron = program(world.person("ron"))
    labels = np.array(study_images(reading.report).labels).ravel(order="F")
    indices = np.flatnonzero(labels == 6)
    packed = indices.astype("<u4").tobytes() + np.zeros(indices.size, np.uint8).tobytes()
    wanted = {"changes": base64.b64encode(gzip.compress(packed)).decode(), "reason": "Kidney."}
    for name in ("outline", "outline-preview"):
        veiled = ron.post(path(reading, name), wanted, format="json")
        assert (veiled.status_code, veiled.json()["code"]) == (409, "reading-veiled")
    ron.post(path(reading, "own-values"), {"pdff_percent": 12.0}, format="json")
    tried = ron.post(path(reading, "outline-preview"), wanted, format="json").json()
    assert 0 < tried["dice"] < 1
    before = reading.report_id
    assert ron.post(path(reading, "outline"), wanted, format="json").status_code == 201
    assert Reading.objects.get(pk=reading.pk).report_id != before
    # Managers read the trail before they may read values.
    assert "dice_with_machine" not in AuditEvent.objects.get(action="mask-corrected").new


def test_signed_readings_are_listed_once_the_study_is_locked_and_that_is_on_record(
    world: World,
) -> None:
    case = world.case(readers=1, pdff_points=None, r2star_percent=None, quality_differs=False)
    reading = plant(world.give(case, "ron"), world, 17.25, 51.5)
    url = reverse("api-signed-readings", args=[world.trial.pk])
    mia = program(world.person("mia"))
    assert mia.get(url).json()["count"] == 0
    read_and_sign(reading)
    (row,) = mia.get(url).json()["results"]
    assert (row["reading"], row["pdff_percent"], row["is_final"]) == (reading.code, 17.25, True)
    mia.get(reverse("api-trial-results", args=[world.trial.pk]))
    told = AuditEvent.objects.filter(action__endswith="-exported").values_list("action", "actor")
    email = world.person("mia").email
    assert [*told] == [("readings-exported", email), ("results-exported", email)]
    assert program(world.person("ron")).get(url).status_code == 404
