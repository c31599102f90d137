from __future__ import annotations

import pytest
from django.urls import reverse

from analysis.errors import AnalysisError
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery
from portal.runs.claims import claim_stage
from portal.runs.models import AnalysisRun, RunState
from portal.runs.outcomes import fail
from portal.runs.services import cancel_run, start_run
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.runs.broker_calls import Calls

UNUSABLE = AnalysisError("One echo only. Send the multi-echo series.", code="one-echo")
LATER = AnalysisError("The disc is full.", code="disc-full", permanent=False)


@pytest.fixture
def run(study: Study, cast: Cast, broker: Calls, toy_stages: object) -> AnalysisRun:
    return start_run(study, cast.uma)


def test_whoever_asked_for_an_analysis_hears_that_it_failed(run: AnalysisRun, cast: Cast) -> None:
    claim = claim_stage(run.pk, "ingest")
    assert claim is not None
    fail(claim, UNUSABLE)
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    told = Delivery.objects.get()
    assert (told.user, told.kind) == (cast.uma, Kind.ANALYSIS_FAILED)
    assert told.path == reverse("runs:detail", args=[run.pk])


def test_what_will_be_tried_again_is_no_news(run: AnalysisRun) -> None:
    claim = claim_stage(run.pk, "ingest")
    assert claim is not None
    fail(claim, LATER)
    assert not Delivery.objects.exists()


def test_who_cancelled_an_analysis_need_not_be_told(run: AnalysisRun, cast: Cast) -> None:
    cancel_run(run, cast.uma)
    assert not Delivery.objects.exists()
