from __future__ import annotations

import pytest
from django.http import Http404
from django.utils import timezone

from portal.reports.change_visits import (
    MOST_VISITS,
    choose_baseline,
    earlier_visits,
    may_see_visit_order,
    ordered_report_for,
    visits_of,
)
from portal.reports.models import Report, Signature
from portal.runs.models import RunState
from portal.trials.schemes import set_scheme
from tests.portal.conftest import Cast
from tests.portal.reports.change_visits import Visits, visits

__all__ = ["visits"]  # the fixture


def numbers(found: object) -> list[str]:
    return [visit.name for visit in found]  # type: ignore[attr-defined]  # a tuple of visits


def test_visits_come_in_the_order_of_their_images_not_of_their_arrival(
    cast: Cast, visits: Visits
) -> None:
    third, first = visits.add(3), visits.add(1)
    assert numbers(visits_of(cast.rosa, third)) == ["Month 1", "Month 3"]
    assert numbers(earlier_visits(visits_of(cast.rosa, third), third)) == ["Month 1"]
    assert earlier_visits(visits_of(cast.rosa, first), first) == ()


def test_visits_of_other_subjects_are_not_found(cast: Cast, visits: Visits) -> None:
    visits.add(1, subject="S-8")
    assert numbers(visits_of(cast.rosa, visits.add(2))) == ["Month 2"]


def test_an_analysis_that_is_not_finished_is_no_visit(cast: Cast, visits: Visits) -> None:
    first, second = visits.add(1), visits.add(2)
    first.run.state = RunState.FAILED
    first.run.save()
    assert numbers(visits_of(cast.rosa, second)) == ["Month 2"]


def test_the_newest_signed_version_stands_for_a_visit(cast: Cast, visits: Visits) -> None:
    first, second = visits.add(1), visits.add(2)
    versions = [
        Report.objects.create(
            run=first.run, study=first.study, version=n, sha256=first.sha256, path=first.path
        )
        for n in (2, 3)
    ]
    assert visits_of(cast.rosa, second)[0].report == versions[1]
    Signature.objects.create(
        report=versions[0],
        signer=cast.rosa,
        printed_name="Rosa",
        email=cast.rosa.email,
        meaning=Signature.Meaning.READ,
        signed_at=timezone.now(),
    )
    chosen = visits_of(cast.rosa, second)[0]
    assert chosen.report == versions[0]
    assert chosen.is_signed


def test_the_version_that_is_looked_at_stands_for_itself(cast: Cast, visits: Visits) -> None:
    visits.add(1)
    second = visits.add(2)
    Report.objects.create(
        run=second.run, study=second.study, version=2, sha256=second.sha256, path=second.path
    )
    assert visits_of(cast.rosa, second)[-1].report == second


def test_of_many_visits_the_first_and_the_newest_are_kept(
    cast: Cast, visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.reports.change_visits.MOST_VISITS", 3)
    made = [visits.add(n) for n in range(1, 6)]
    assert MOST_VISITS == 20
    assert numbers(visits_of(cast.rosa, made[-1])) == ["Month 1", "Month 4", "Month 5"]
    assert "Month 2" in numbers(visits_of(cast.rosa, made[1]))


def test_the_first_visit_is_the_baseline_unless_another_is_asked_for(
    cast: Cast, visits: Visits
) -> None:
    made = [visits.add(n) for n in (1, 2, 3)]
    earlier = earlier_visits(visits_of(cast.rosa, made[2]), made[2])
    first = choose_baseline(earlier, None)
    second = choose_baseline(earlier, str(made[1].pk))
    assert first is not None
    assert second is not None
    assert (first.report, second.report) == (made[0], made[1])
    assert choose_baseline((), None) is None
    with pytest.raises(Http404):
        choose_baseline(earlier, made[2].pk)


def test_a_stranger_finds_no_visit(cast: Cast, visits: Visits) -> None:
    report = visits.add(1)
    with pytest.raises(Http404):
        ordered_report_for(cast.sam, report.pk)


@pytest.mark.parametrize(
    ("blinded", "seen"), [([], True), (["site"], True), (["time"], False), (["subject"], False)]
)
def test_a_scheme_hides_the_order_from_its_readers(
    cast: Cast, visits: Visits, blinded: list[str], seen: bool
) -> None:
    report = visits.add(1)
    assert may_see_visit_order(cast.rosa, report)
    set_scheme(cast.trial, {"blinded_to": blinded}, by=cast.tom)
    assert may_see_visit_order(cast.rosa, report) is seen
    assert may_see_visit_order(cast.tom, report)
