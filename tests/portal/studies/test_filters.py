"""Lists of uploads, studies, their analyses and reports are filtered by what they belong to."""

from __future__ import annotations

from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from portal.reports.models import Report
from portal.runs.models import AnalysisRun
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.runs.conftest import upload_study

API = "/api/v1/"


@pytest.fixture
def ada(cast: Cast) -> APIClient:
    client = APIClient()
    client.force_login(cast.ada)
    return client


@pytest.fixture
def study(cast: Cast) -> Study:
    upload_study(cast.elsewhere, cast.sam, {"IM": b"other"}, "S-9")
    return upload_study(cast.north, cast.uma, {"IM": b"1"}, "S-1")


@pytest.mark.parametrize("kind", ["studies", "uploads"])
def test_by_trial_site_subject_and_visit(
    ada: APIClient, cast: Cast, study: Study, kind: str
) -> None:
    wanted = str(study.pk if kind == "studies" else study.upload_id)
    for query in (
        f"trial={cast.trial.pk}",
        f"site={cast.north.pk}",
        "subject=S-1&visit=Baseline",
    ):
        rows = ada.get(f"{API}{kind}/?{query}").json()["results"]
        assert [row["id"] for row in rows] == [wanted]
    assert ada.get(f"{API}{kind}/?site={uuid4()}").json()["count"] == 0
    wrong = ada.get(f"{API}{kind}/?trial=x")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid")


def test_uploads_by_state(ada: APIClient, study: Study) -> None:
    assert ada.get(f"{API}uploads/?state=complete").json()["count"] == 2
    assert ada.get(f"{API}uploads/?state=open").json()["count"] == 0


def test_analyses_of_a_study_and_reports_of_an_analysis(
    ada: APIClient, cast: Cast, study: Study
) -> None:
    first, second = (AnalysisRun.objects.create(study=study, created_by=cast.uma) for _ in range(2))
    rows = ada.get(f"{API}studies/{study.pk}/runs/").json()["results"]
    assert [row["id"] for row in rows] == [str(second.pk), str(first.pk)]
    report = Report.objects.create(run=first, study=study, version=1)
    for query in (f"run={first.pk}", f"study={study.pk}", f"trial={cast.trial.pk}"):
        rows = ada.get(f"{API}reports/?{query}").json()["results"]
        assert [row["id"] for row in rows] == [str(report.pk)]
    assert ada.get(f"{API}reports/?run={second.pk}").json()["count"] == 0
