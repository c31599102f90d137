from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from rest_framework.test import APIClient

from analysis.report_json import report_to_dict
from portal.accounts.models import User
from portal.reports.models import Report
from tests.portal.conftest import Cast
from tests.portal.reports.conftest import Analysed

Api = Callable[[User | AnonymousUser], APIClient]


def test_reports_are_listed_and_filtered(cast: Cast, api_of: Api, report: Report) -> None:
    rosa = api_of(cast.rosa)
    found = rosa.get(reverse("api-reports"), {"subject": "S-1"}).json()["results"]
    assert [each["id"] for each in found] == [str(report.pk)]
    assert found[0]["pdff_percent"] == report.pdff_percent
    assert rosa.get(reverse("api-reports"), {"subject": "nobody"}).json()["results"] == []


def test_the_document_is_the_report_as_written(
    cast: Cast, api_of: Api, report: Report, results: Analysed
) -> None:
    rosa = api_of(cast.rosa)
    url = reverse("api-report-document", args=[report.pk])
    answer = rosa.get(url)
    assert answer.json()["measurements"] == report_to_dict(results.report)["measurements"]
    again = rosa.get(url, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_voxel_is_read_in_words(cast: Cast, api_of: Api, report: Report) -> None:
    url = reverse("api-report-voxel", args=[report.pk])
    reading = api_of(cast.rosa).get(url, {"i": 25, "j": 15, "k": 8}).json()
    assert reading["values"][0] == {"key": "PDFF", "text": "13.0 %", "error": "0.8 %"}


def test_a_voxel_outside_of_the_grid_is_not_found(cast: Cast, api_of: Api, report: Report) -> None:
    url = reverse("api-report-voxel", args=[report.pk])
    rosa = api_of(cast.rosa)
    assert rosa.get(url, {"i": 99, "j": 0, "k": 0}).status_code == 404
    refused = rosa.get(url, {"i": -1, "j": 0})
    assert refused.status_code == 400
    assert set(refused.json()["details"]) == {"i", "k"}


def test_a_histogram_counts_what_was_measured(
    cast: Cast, api_of: Api, report: Report, results: Analysed
) -> None:
    url = reverse("api-report-histogram", args=[report.pk])
    figure = api_of(cast.rosa).get(url, {"quantity": "PDFF", "region": "segment_5"}).json()
    bars = figure["data"][0]
    stored = next(
        h for h in results.report.histograms if (h.quantity, h.region) == ("PDFF", "segment_5")
    )
    assert bars["y"] == stored.counts.tolist()
    assert bars["customdata"][0] == [stored.edges[0], stored.edges[1]]
    assert figure["layout"]["xaxis"]["title"]["text"] == "PDFF (%)"


@pytest.mark.parametrize("query", [{"quantity": "B0"}, {"quantity": "PDFF", "region": "segment_9"}])
def test_what_has_no_histogram_is_refused(
    cast: Cast, api_of: Api, report: Report, query: dict[str, str]
) -> None:
    url = reverse("api-report-histogram", args=[report.pk])
    assert api_of(cast.rosa).get(url, query).status_code in {400, 404}


@pytest.mark.parametrize(
    "name", ["api-report", "api-report-document", "api-report-voxel", "api-report-histogram"]
)
def test_strangers_get_nothing(cast: Cast, api_of: Api, report: Report, name: str) -> None:
    url = reverse(name, args=[report.pk])
    query = {"i": 1, "j": 1, "k": 1, "quantity": "PDFF"}
    assert api_of(cast.rosa).get(url, query).status_code == 200
    assert api_of(cast.sam).get(url, query).status_code == 404
    assert api_of(cast.uwe).get(url, query).status_code == 404
    assert api_of(AnonymousUser()).get(url, query).status_code == 401
