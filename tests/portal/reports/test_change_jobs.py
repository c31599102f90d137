"""Comparisons of images in a worker: once, whole, and never lost while somebody waits."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from celery.exceptions import OperationalError, SoftTimeLimitExceeded
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from analysis.change.verdict import Verdict
from analysis.errors import EmptySegmentation
from portal.audit.models import AuditEvent
from portal.celery import app
from portal.reports import change_jobs
from portal.reports.change_jobs import (
    ask_for,
    comparison_of,
    folder_of,
    key_of,
    result_of,
    revive,
    run_comparison,
)
from portal.reports.models import Comparison, Report
from portal.reports.tasks import compare_visits
from portal.runs import storage
from tests.portal.conftest import Cast
from tests.portal.reports.change_visits import calls, pair, visits

__all__ = ["calls", "pair", "visits"]  # the fixtures
State = Comparison.State


def test_a_comparison_is_computed_and_read_back(
    cast: Cast, pair: tuple[Report, Report], calls: list[str]
) -> None:
    comparison = ask_for(cast.rosa, *pair)
    assert comparison.state == State.QUEUED
    assert result_of(comparison) is None
    assert run_comparison(comparison.pk)
    comparison.refresh_from_db()
    assert comparison.state == State.SUCCEEDED
    assert comparison.progress == 1.0
    found = result_of(comparison)
    assert found is not None
    fat = found.change("PDFF", "liver")
    assert fat is not None
    assert fat.difference == pytest.approx(-5.0, abs=0.1)
    assert fat.verdict is Verdict.FELL
    assert found.quality.dice > 0.97
    maps = found.get("PDFF")
    assert maps is not None
    assert np.mean(maps.real[maps.valid] == -1) > 0.95


def test_asking_wakes_a_worker_once_the_request_stands_and_is_on_record(
    cast: Cast,
    pair: tuple[Report, Report],
    calls: list[str],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        comparison = ask_for(cast.rosa, *pair)
        assert calls == []
    assert calls == [change_jobs.TASK]
    event = AuditEvent.objects.get(action="comparison-asked")
    assert event.object_id == str(comparison.pk)
    assert event.actor == cast.rosa.email


def test_the_same_input_is_compared_once(
    cast: Cast, pair: tuple[Report, Report], calls: list[str]
) -> None:
    one, other = ask_for(cast.rosa, *pair), ask_for(cast.mona, *pair)
    assert one.pk == other.pk
    assert run_comparison(one.pk)
    assert not run_comparison(one.pk)
    assert AuditEvent.objects.filter(action="comparison-asked").count() == 1


def test_another_mask_or_another_order_is_another_comparison(pair: tuple[Report, Report]) -> None:
    first, second = pair
    key = key_of(first, second)
    assert key_of(second, first) != key
    second.labels_sha256 = "cd" * 32
    assert key_of(first, second) != key
    assert comparison_of(first, second) is None


def test_a_refusal_is_told_in_words_and_may_be_tried_again(
    cast: Cast, pair: tuple[Report, Report], calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise EmptySegmentation("A visit has no outlined liver.", code="empty-segmentation")

    comparison = ask_for(cast.rosa, *pair)
    with monkeypatch.context() as patch:
        patch.setattr(change_jobs, "compare_images", refuse)
        run_comparison(comparison.pk)
    comparison.refresh_from_db()
    assert comparison.state == State.FAILED
    assert comparison.error_message == "A visit has no outlined liver."
    assert ask_for(cast.rosa, *pair).state == State.QUEUED
    assert run_comparison(comparison.pk)


@pytest.mark.parametrize(
    ("fault", "code", "is_raised"),
    [(ZeroDivisionError(), "unexpected", True), (SoftTimeLimitExceeded(), "too-slow", False)],
)
def test_a_fault_is_noted_for_who_waits(
    cast: Cast,
    pair: tuple[Report, Report],
    calls: list[str],
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
    code: str,
    is_raised: bool,
) -> None:
    def fail(*_: object) -> None:
        raise fault

    comparison = ask_for(cast.rosa, *pair)
    monkeypatch.setattr(change_jobs, "compare_images", fail)
    if is_raised:
        with pytest.raises(type(fault)):
            compare_visits(comparison_id=str(comparison.pk))
    else:
        compare_visits(comparison_id=str(comparison.pk))
    comparison.refresh_from_db()
    assert (comparison.state, comparison.error_code) == (State.FAILED, code)


def test_a_lost_call_is_sent_again_after_a_while(
    cast: Cast, pair: tuple[Report, Report], calls: list[str]
) -> None:
    comparison = ask_for(cast.rosa, *pair)
    Comparison.objects.filter(pk=comparison.pk).update(sent_at=timezone.now())
    comparison.refresh_from_db()
    revive(comparison)
    assert calls == []
    old = timezone.now() - timedelta(minutes=2)
    Comparison.objects.filter(pk=comparison.pk).update(sent_at=old)
    comparison.refresh_from_db()
    revive(comparison)
    assert calls == [change_jobs.TASK]


def test_a_broker_that_is_away_costs_time_only(
    cast: Cast, pair: tuple[Report, Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(name: str, **options: object) -> None:
        raise OperationalError

    monkeypatch.setattr(app, "send_task", away)
    comparison = ask_for(cast.rosa, *pair)
    revive(comparison)
    assert comparison.state == State.QUEUED


def test_a_dead_worker_is_noticed_and_given_up_after_some_times(
    cast: Cast, pair: tuple[Report, Report], calls: list[str]
) -> None:
    comparison = ask_for(cast.rosa, *pair)
    over = {"state": State.RUNNING, "lease_until": timezone.now() - timedelta(seconds=1)}
    Comparison.objects.filter(pk=comparison.pk).update(attempts=1, token=1, **over)
    comparison.refresh_from_db()
    revive(comparison)
    assert comparison.state == State.QUEUED
    Comparison.objects.filter(pk=comparison.pk).update(attempts=3, token=3, **over)
    comparison.refresh_from_db()
    revive(comparison)
    assert (comparison.state, comparison.error_code) == (State.FAILED, "worker-lost")


def test_a_worker_that_lost_its_claim_changes_nothing(
    cast: Cast, pair: tuple[Report, Report], calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    comparison = ask_for(cast.rosa, *pair)
    real = change_jobs.compare_images

    def late(*arguments: object) -> object:
        Comparison.objects.filter(pk=comparison.pk).update(token=99)
        return real(*arguments)  # type: ignore[arg-type]  # what the job hands on

    monkeypatch.setattr(change_jobs, "compare_images", late)
    run_comparison(comparison.pk)
    comparison.refresh_from_db()
    assert comparison.state == State.RUNNING
    assert comparison.output_sha256 == ""


def test_results_lie_with_the_later_run_and_damage_shows(
    cast: Cast, pair: tuple[Report, Report], calls: list[str]
) -> None:
    comparison = ask_for(cast.rosa, *pair)
    run_comparison(comparison.pk)
    comparison.refresh_from_db()
    folder = folder_of(comparison)
    assert folder.is_relative_to(storage.run_folder(pair[1].run_id))
    (folder / "value.json").write_text("{}")
    assert result_of(comparison) is None
