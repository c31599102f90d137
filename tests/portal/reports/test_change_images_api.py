from __future__ import annotations

import gzip
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.reports.change_jobs import run_comparison
from portal.reports.models import Report
from tests.portal.conftest import Cast
from tests.portal.reports.change_visits import calls, pair, visits

__all__ = ["calls", "pair", "visits"]  # the fixtures
pytestmark = pytest.mark.usefixtures("calls")
Apis = Callable[[User], APIClient]


def address(report: Report) -> str:
    return reverse("api-change-images", args=[report.pk])


def test_images_are_compared_once_and_their_volumes_downloaded(
    cast: Cast, pair: tuple[Report, Report], api_of: Apis
) -> None:
    rosa = api_of(cast.rosa)
    assert rosa.get(address(pair[1])).status_code == 404
    asked = [rosa.post(address(pair[1]), {}, format="json") for _ in range(2)]
    assert [each.status_code for each in asked] == [202, 202]
    assert asked[0].json()["id"] == asked[1].json()["id"]
    assert (asked[0].json()["state"], asked[0].json()["baseline"]) == ("queued", str(pair[0].pk))
    assert AuditEvent.objects.filter(action="comparison-asked").count() == 1
    run_comparison(asked[0].json()["id"])
    found = rosa.get(f"{address(pair[1])}?baseline={pair[0].pk}").json()
    assert (found["state"], found["progress"]) == ("succeeded", 1.0)
    volume = reverse("api-comparison-volume", args=[found["id"], "pdff-change"])
    answer = rosa.get(volume, HTTP_ACCEPT="application/gzip")
    assert len(gzip.decompress(b"".join(answer.streaming_content))) > 352  # type: ignore[attr-defined]  # a file
    missing = reverse("api-comparison-volume", args=[found["id"], "gossip"])
    assert rosa.get(missing).status_code == 404
    assert api_of(cast.uwe).get(volume).status_code == 404


def test_a_visit_that_is_not_earlier_is_not_found(
    cast: Cast, pair: tuple[Report, Report], api_of: Apis
) -> None:
    rosa = api_of(cast.rosa)
    for baseline in (str(pair[1].pk), str(uuid4())):
        answer = rosa.post(address(pair[1]), {"baseline": baseline}, format="json")
        assert answer.status_code == 404
    assert rosa.post(address(pair[0]), {}, format="json").status_code == 404
    assert rosa.post(address(pair[1]), {"baseline": "x"}, format="json").status_code == 400


def test_visits_whose_images_are_gone_are_not_compared(
    cast: Cast, pair: tuple[Report, Report], api_of: Apis
) -> None:
    pair[0].run.stages.filter(stage="map").delete()
    answer = api_of(cast.rosa).post(address(pair[1]), {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "no-images")
