from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from analysis.errors import UnsupportedAcquisition
from analysis.wording import words
from portal.accounts.models import User
from portal.runs.claims import claim_stage
from portal.runs.execution import run_stage
from portal.runs.models import AnalysisRun, RunState, StageState
from portal.runs.outcomes import fail
from portal.runs.services import cancel_run, start_run
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.runs.broker_calls import Calls

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toy_stages")]
BrowserOf = Callable[[User | AnonymousUser], Client]


@pytest.fixture
def run(study: Study, cast: Cast, broker: Calls) -> AnalysisRun:
    return start_run(study, cast.uma)


def with_csrf(client: Client) -> Client:
    client.cookies["csrftoken"] = client.defaults["HTTP_X_CSRFTOKEN"] = "c" * 32
    return client


def test_the_page_names_every_stage_and_where_it_stands(
    run: AnalysisRun, cast: Cast, browser_of: BrowserOf
) -> None:
    run_stage(run.pk, "ingest")
    page = browser_of(cast.uma).get(f"/runs/{run.pk}/").content.decode()
    for each in ("Read", "Segment", "Map", "Write", "Running", "S-1", "Fatty liver"):
        assert each in page


def test_the_progress_partial_is_the_same_as_in_the_page(
    run: AnalysisRun, cast: Cast, browser_of: BrowserOf
) -> None:
    browser = browser_of(cast.uma)
    partial = browser.get(f"/runs/{run.pk}/progress").content.decode()
    assert "number 1 in the queue" in partial
    assert 'data-finished="false"' in partial
    assert "<html" not in partial


def test_a_failed_run_shows_its_sentence_and_a_way_on(
    run: AnalysisRun, cast: Cast, browser_of: BrowserOf
) -> None:
    AnalysisRun.objects.filter(pk=run.pk).update(
        state=RunState.FAILED, error_code="no-mr", error_message="Send the MR study."
    )
    page = browser_of(cast.uma).get(f"/runs/{run.pk}/").content.decode()
    assert "Send the MR study." in page
    assert f"/runs/{run.pk}/retry" in page
    assert "cancel" not in page.lower().split("actions")[-1]


def test_an_uploader_cancels_and_retries(
    run: AnalysisRun, cast: Cast, browser_of: BrowserOf
) -> None:
    browser = with_csrf(browser_of(cast.uma))
    answer = browser.post(f"/runs/{run.pk}/cancel")
    assert (answer.status_code, answer.headers["Location"]) == (
        HTTPStatus.FOUND,
        f"/runs/{run.pk}/",
    )
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    browser.post(f"/runs/{run.pk}/retry")
    run.refresh_from_db()
    assert run.state == RunState.QUEUED


def test_cancelling_takes_a_post_and_a_token(
    run: AnalysisRun, cast: Cast, browser_of: BrowserOf
) -> None:
    browser = browser_of(cast.uma)
    assert browser.get(f"/runs/{run.pk}/cancel").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert browser.post(f"/runs/{run.pk}/cancel").status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("name", ["rosa", "mona", "uma", "tom", "ada"])
def test_people_of_the_trial_see_the_run(
    name: str, run: AnalysisRun, cast: Cast, browser_of: BrowserOf
) -> None:
    browser = browser_of(cast.people[name])
    assert browser.get(f"/runs/{run.pk}/").status_code == HTTPStatus.OK


@pytest.mark.parametrize("name", ["sam", "uwe"])
@pytest.mark.parametrize("page", ["", "progress"])
def test_strangers_and_other_sites_do_not(
    name: str, page: str, run: AnalysisRun, cast: Cast, browser_of: BrowserOf
) -> None:
    browser = browser_of(cast.people[name])
    assert browser.get(f"/runs/{run.pk}/{page}").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("name", ["sam", "uwe", "rosa", "mona"])
@pytest.mark.parametrize("act", ["cancel", "retry"])
def test_who_may_not_upload_changes_nothing(
    name: str, act: str, run: AnalysisRun, cast: Cast, browser_of: BrowserOf
) -> None:
    if act == "retry":
        cancel_run(run, cast.uma)
    before = AnalysisRun.objects.get(pk=run.pk).state
    browser = with_csrf(browser_of(cast.people[name]))
    assert browser.post(f"/runs/{run.pk}/{act}").status_code == HTTPStatus.NOT_FOUND
    assert AnalysisRun.objects.get(pk=run.pk).state == before


def test_nobody_is_sent_to_the_sign_in_page(run: AnalysisRun, browser_of: BrowserOf) -> None:
    answer = browser_of(AnonymousUser()).get(f"/runs/{run.pk}/")
    assert answer.status_code == HTTPStatus.FOUND
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_a_failed_run_says_which_step_failed_and_which_did_not_run(
    run: AnalysisRun, cast: Cast, browser_of: BrowserOf
) -> None:
    first, *later = run.stages.order_by("position")
    first.state, first.progress_text = StageState.FAILED, "tile 4 of 9"
    first.save()
    AnalysisRun.objects.filter(pk=run.pk).update(state=RunState.FAILED, error_message="Too large.")
    page = browser_of(cast.uma).get(f"/runs/{run.pk}/").content.decode()
    assert "<strong>Failed</strong> · tile 4 of 9" in page
    assert page.count("Not run") == len(later) > 0
    assert "Waiting for earlier steps" not in page


def test_a_failed_run_says_why_in_the_language_of_the_page(
    run: AnalysisRun, cast: Cast, browser_of: BrowserOf
) -> None:
    claim = claim_stage(run.pk, "ingest")
    assert claim is not None
    few = words(
        "Fat fraction and R2* need at least three echoes; this series has %(count)s.", count=2
    )
    fail(claim, UnsupportedAcquisition(few, code="too-few-echoes"))
    client = browser_of(cast.uma)
    assert few.text in client.get(f"/runs/{run.pk}/").content.decode()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "Fettanteil und R2* brauchen mindestens drei Echos; diese Serie hat 2." in page
    assert few.text not in page
    assert "diese Serie hat 2." in client.get("/").content.decode()
