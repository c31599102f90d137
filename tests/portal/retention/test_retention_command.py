from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from portal.retention.models import DeletionRecord
from portal.retention.services import place_hold, set_policy
from portal.runs.models import AnalysisRun, RunState
from portal.studies.models import Study
from tests.portal.conftest import Cast

BY = {"by": "ada@example.org", "reason": "The time is over."}


@pytest.fixture
def due(study: Study, cast: Cast) -> Study:
    Study.objects.update(received_at=timezone.now() - timedelta(days=20))
    set_policy(cast.trial, keep_days=10, counts_from="received", reason="GCP", by=cast.ada)
    return study


def said(**options: object) -> str:
    out = StringIO()
    call_command("retention", stdout=out, stderr=out, **options)
    return out.getvalue()


def test_it_lists_and_removes_nothing(due: Study) -> None:
    assert f"{due.pk}: 16 bytes\n1 would be deleted" in said()
    assert Study.objects.count() == 1


def test_asked_to_it_deletes_and_records(due: Study) -> None:
    assert "1 deleted" in said(delete=True, **BY)
    assert not Study.objects.exists()
    assert DeletionRecord.objects.get().reason == BY["reason"]
    assert "0 would be deleted" in said()


def test_what_cannot_go_stays_and_is_named(due: Study) -> None:
    AnalysisRun.objects.update(state=RunState.RUNNING)
    answer = said(delete=True, **BY)
    assert "stays: This study is being analysed" in answer
    assert "0 deleted" in answer


def test_what_is_held_is_not_even_listed(due: Study, cast: Cast) -> None:
    place_hold(cast.trial, reason="A court asks.", by=cast.ada)
    assert said().strip() == "0 would be deleted"


@pytest.mark.parametrize(
    "options",
    [
        {"by": "uma@example.org", "reason": "x"},
        {"by": "", "reason": "x"},
        {"by": "ada@example.org", "reason": " "},
        {"trial": "nothing"},
    ],
)
def test_a_deletion_needs_a_name_and_a_reason(due: Study, options: dict[str, str]) -> None:
    with pytest.raises(CommandError):
        said(delete=True, **options)
    assert Study.objects.count() == 1
