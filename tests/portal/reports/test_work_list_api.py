from __future__ import annotations

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.reports.models import Report
from portal.reports.work_list import build_work_list
from portal.runs.models import AnalysisRun, RunState
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.runs.conftest import upload_study

PATH = "/api/v1/work-list/"


def program(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def study(cast: Cast, name: str) -> Study:
    return upload_study(cast.north, cast.uma, {"IM": name.encode()}, f"S-{name}")


def finished(cast: Cast, name: str, **numbers: float) -> Report:
    made = study(cast, name)
    run = AnalysisRun.objects.create(study=made, created_by=cast.uma, state=RunState.SUCCEEDED)
    return Report.objects.create(run=run, study=made, sha256="0" * 64, path="x", **numbers)


def test_a_row_has_the_newest_analysis_and_report_in_full(cast: Cast) -> None:
    report = finished(cast, "A", pdff_percent=12.3456)
    (row,) = program(cast.rosa).get(PATH).json()["results"]
    assert (row["subject"], row["site"], row["trial_name"]) == ("S-A", "N", "Fatty liver")
    assert (row["run"]["id"], row["run"]["state"]) == (str(report.run_id), "succeeded")
    assert (row["report"]["id"], row["report"]["pdff_percent"]) == (str(report.pk), 12.3456)


def test_a_study_without_an_analysis_is_listed_too(cast: Cast) -> None:
    study(cast, "A")
    (row,) = program(cast.uma).get(PATH).json()["results"]
    assert (row["run"], row["report"]) == (None, None)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "order=pdff",
        "order=oldest",
        "state=attention",
        "state=moving",
        "search=s-c",
        "state=failed",
    ],
)
def test_filters_and_order_are_those_of_the_page(cast: Cast, query: str) -> None:
    finished(cast, "A", pdff_percent=5.0)
    finished(cast, "B", pdff_percent=30.0, critical_count=1)
    for name, state in (("C", RunState.FAILED), ("D", RunState.QUEUED)):
        AnalysisRun.objects.create(study=study(cast, name), created_by=cast.uma, state=state)
    shown = [row.subject for row in build_work_list(cast.rosa, QueryDict(query)).rows]
    found = program(cast.rosa).get(f"{PATH}?{query}").json()
    assert [row["subject"] for row in found["results"]] == shown
    assert found["count"] == len(shown) > 0


def test_pages_are_cut_from_a_filter_by_state(cast: Cast) -> None:
    for name in "ABC":
        finished(cast, name)
    first = program(cast.rosa).get(f"{PATH}?state=succeeded&page_size=2").json()
    assert (first["count"], len(first["results"])) == (3, 2)
    second = program(cast.rosa).get(f"{PATH}?state=succeeded&page_size=2&page=2").json()
    assert [row["subject"] for row in second["results"]] == ["S-A"]


@pytest.mark.parametrize("query", ["state=x", "order=x", "trial=x", "page=99"])
def test_a_question_that_makes_no_sense_is_refused(cast: Cast, query: str) -> None:
    answer = program(cast.rosa).get(f"{PATH}?{query}")
    assert answer.status_code in {400, 404}
    assert {*answer.json()} == {"code", "message", "details"}


def test_studies_of_other_sites_and_trials_are_not_listed(cast: Cast) -> None:
    finished(cast, "A")
    assert program(cast.uwe).get(PATH).json()["count"] == 0
    assert program(cast.sam).get(PATH).json()["count"] == 0


def test_the_number_of_queries_does_not_grow(cast: Cast) -> None:
    rosa = program(cast.rosa)
    rosa.get("/api/v1/me/")  # the first request of a session notes when it was used
    counts = []
    for names in ("AB", "CDEFGH"):
        for name in names:
            finished(cast, name, pdff_percent=5.0)
        with CaptureQueriesContext(connection) as queries:
            assert rosa.get(PATH).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
