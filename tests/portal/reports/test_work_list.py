from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.reports.models import Report
from portal.reports.work_list import build_work_list
from portal.reports.work_list_context import WorkListPage
from portal.runs.models import AnalysisRun, RunState
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.runs.conftest import upload_study

Browser = Callable[[User | AnonymousUser], Client]


def listed(user: User | AnonymousUser, query: str = "") -> WorkListPage:
    return build_work_list(user, QueryDict(query))


def subjects(page: WorkListPage) -> list[str]:
    return [row.subject for row in page.rows]


def studies(cast: Cast, names: str) -> list[Study]:
    made = []
    for name in names:
        study = upload_study(cast.north, cast.uma, {"IM": name.encode()}, f"S-{name}")
        made.append(study)
    return made


def finished(study: Study, user: User, **numbers: float) -> Report:
    run = AnalysisRun.objects.create(study=study, created_by=user, state=RunState.SUCCEEDED)
    return Report.objects.create(run=run, study=study, sha256="0" * 64, path="x", **numbers)


def test_each_person_sees_the_studies_of_their_sites(cast: Cast) -> None:
    upload_study(cast.north, cast.uma, {"IM": b"n"}, "NORTH")
    upload_study(cast.south, cast.uwe, {"IM": b"s"}, "SOUTH")
    assert subjects(listed(cast.rosa)) == ["SOUTH", "NORTH"]
    assert subjects(listed(cast.uma)) == ["NORTH"]
    assert subjects(listed(cast.uwe)) == ["SOUTH"]
    assert subjects(listed(cast.sam)) == []
    assert subjects(listed(AnonymousUser())) == []


def test_numbers_read_as_in_the_report(cast: Cast, report: Report) -> None:
    row = listed(cast.rosa).rows[0]
    assert row.pdff == f"{report.pdff_percent:.1f}"
    assert row.href == reverse("reports:detail", args=[report.pk])
    assert row.grade == "S1"


def test_a_tiny_error_is_not_written_as_zero(cast: Cast) -> None:
    (study,) = studies(cast, "A")
    finished(study, cast.uma, pdff_percent=11.2, pdff_error_percent=0.004)
    assert listed(cast.rosa).rows[0].pdff_error == "< 0.1"


def test_the_newest_run_and_version_are_shown(cast: Cast) -> None:
    (study,) = studies(cast, "A")
    first = finished(study, cast.uma, pdff_percent=10.0)
    second = Report.objects.create(
        run=first.run, study=study, version=2, sha256="1" * 64, path="y", pdff_percent=20.0
    )
    row = listed(cast.rosa).rows[0]
    assert (row.pdff, row.href) == ("20.0", reverse("reports:detail", args=[second.pk]))


def test_a_study_under_analysis_leads_to_its_run(cast: Cast) -> None:
    (study,) = studies(cast, "A")
    run = AnalysisRun.objects.create(study=study, created_by=cast.uma, state=RunState.RUNNING)
    row = listed(cast.rosa).rows[0]
    assert row.href == reverse("runs:detail", args=[run.pk])


def test_filters_and_orders(cast: Cast) -> None:
    low, high, failed, waiting = studies(cast, "ABCD")
    finished(low, cast.uma, pdff_percent=5.0)
    finished(high, cast.uma, pdff_percent=30.0, critical_count=1)
    AnalysisRun.objects.create(
        study=failed, created_by=cast.uma, state=RunState.FAILED, error_message="One echo only."
    )
    AnalysisRun.objects.create(study=waiting, created_by=cast.uma, state=RunState.QUEUED)
    assert subjects(listed(cast.rosa, "order=pdff")) == ["S-B", "S-A", "S-D", "S-C"]
    assert subjects(listed(cast.rosa, "order=oldest")) == ["S-A", "S-B", "S-C", "S-D"]
    assert subjects(listed(cast.rosa, "state=attention")) == ["S-C", "S-B"]
    assert subjects(listed(cast.rosa, "state=moving")) == ["S-D"]
    assert subjects(listed(cast.rosa, "state=succeeded")) == ["S-B", "S-A"]
    assert subjects(listed(cast.rosa, "search=s-c baseline")) == ["S-C"]
    assert subjects(listed(cast.rosa, f"trial={cast.trial.pk}&state=failed")) == ["S-C"]
    assert listed(cast.rosa, "state=failed").rows[0].error == "One echo only."


@pytest.mark.parametrize("query", ["page=99", "page=x", "trial=nonsense", "state=x&order=x"])
def test_a_wrong_address_shows_the_list_all_the_same(cast: Cast, query: str) -> None:
    studies(cast, "A")
    assert subjects(listed(cast.rosa, query)) == ["S-A"]


def test_the_number_of_queries_does_not_grow(cast: Cast, browser_of: Browser) -> None:
    rosa = browser_of(cast.rosa)
    rosa.get("/api/v1/me/")  # the first request of a session notes when it was used
    counts = []
    for names in ("AB", "CDEFGH"):
        for study in studies(cast, names):
            finished(study, cast.uma, pdff_percent=5.0)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert rosa.get(reverse("reports:work-list")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_the_rows_alone_can_be_asked_for(cast: Cast, browser_of: Browser) -> None:
    studies(cast, "A")
    text = browser_of(cast.rosa).get("/?part=rows").content.decode()
    assert "S-A" in text
    assert "<html" not in text
