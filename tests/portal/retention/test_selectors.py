from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.retention.selectors import due_studies
from portal.retention.services import place_hold, set_policy
from portal.studies.models import Study
from portal.trials.models import Trial
from tests.portal.conftest import Cast


def policy(cast: Cast, keep_days: int | None, counts_from: str) -> None:
    set_policy(cast.trial, keep_days=keep_days, counts_from=counts_from, reason="GCP", by=cast.ada)


def due_in(cast: Cast, days: int) -> bool:
    trial = Trial.objects.get(pk=cast.trial.pk)
    return due_studies(trial, timezone.now() + timedelta(days=days)).exists()


def test_without_a_policy_studies_are_kept_for_ever(study: Study, cast: Cast) -> None:
    assert not due_in(cast, 100_000)
    policy(cast, None, "received")
    assert not due_in(cast, 100_000)


@pytest.mark.parametrize(("days", "is_due"), [(9, False), (11, True)])
def test_the_time_counts_from_the_day_of_receipt(
    study: Study, cast: Cast, days: int, is_due: bool
) -> None:
    policy(cast, 10, "received")
    assert due_in(cast, days) is is_due


def test_the_time_counts_from_the_end_of_the_trial(study: Study, cast: Cast) -> None:
    policy(cast, 10, "closed")
    assert not due_in(cast, 1000)
    Trial.objects.filter(pk=cast.trial.pk).update(closed_at=timezone.now() + timedelta(days=100))
    assert not due_in(cast, 109)
    assert due_in(cast, 111)


@pytest.mark.parametrize("of_study", [True, False])
def test_what_is_held_is_not_due(study: Study, cast: Cast, of_study: bool) -> None:
    policy(cast, 1, "received")
    assert due_in(cast, 2)
    place_hold(cast.trial, study=study if of_study else None, reason="A court.", by=cast.ada)
    assert not due_in(cast, 2)


def test_another_trial_has_its_own_policy(study: Study, cast: Cast) -> None:
    other = cast.elsewhere.trial
    set_policy(other, keep_days=1, counts_from="received", reason="GCP", by=cast.ada)
    assert not due_in(cast, 1000)
