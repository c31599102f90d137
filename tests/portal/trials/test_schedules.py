from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.trials.schedules import ScheduleRefused, Timing, VisitSchedule

PLAN = VisitSchedule.of(
    [
        {"name": "Baseline", "day": 0},
        {"name": "Week 12", "day": 84, "days_before": 3, "days_after": 7},
    ]
)
START = date(2026, 1, 5)


@pytest.mark.parametrize(
    ("day", "timing", "days_off"),
    [
        (84, Timing.IN_WINDOW, 0),
        (81, Timing.IN_WINDOW, 0),
        (91, Timing.IN_WINDOW, 0),
        (80, Timing.EARLY, 1),
        (92, Timing.LATE, 1),
        (120, Timing.LATE, 29),
    ],
)
def test_a_visit_is_judged_by_its_window(day: int, timing: Timing, days_off: int) -> None:
    happened_on = START + timedelta(days=day)
    judged = PLAN.judge("Week 12", happened_on, {"Baseline": START})
    assert (judged.timing, judged.days_off, judged.day) == (timing, days_off, day)
    assert judged.planned_on == date(2026, 3, 30)
    assert judged.is_out_of_window is (days_off > 0)


@given(shift=st.integers(-3000, 3000), day=st.integers(0, 200))
def test_shifting_all_dates_of_a_subject_changes_nothing(shift: int, day: int) -> None:
    def judged(start: date) -> tuple[Timing, int]:
        found = PLAN.judge("Week 12", start + timedelta(days=day), {"Baseline": start})
        return found.timing, found.days_off

    assert judged(START) == judged(START + timedelta(days=shift))


def test_days_count_from_the_first_visit_even_when_it_is_not_day_0() -> None:
    plan = VisitSchedule.of([{"name": "Screening", "day": 7}, {"name": "End", "day": 21}])
    judged = plan.judge("End", date(2026, 1, 19), {"Screening": START})
    assert (judged.timing, judged.day) == (Timing.IN_WINDOW, 21)


def test_what_cannot_be_judged_says_so() -> None:
    assert PLAN.judge("Extra", START, {"Baseline": START}).timing is Timing.UNSCHEDULED
    assert PLAN.judge("Week 12", START, {}).timing is Timing.NOT_KNOWN
    expected = PLAN.judge("Week 12", None, {"Baseline": START})
    assert (expected.timing, expected.planned_on) == (Timing.NOT_KNOWN, date(2026, 3, 30))
    assert VisitSchedule().judge("Baseline", START, {}).timing is Timing.UNSCHEDULED


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([{"name": "A", "day": 0}, {"name": "a", "day": 3}], "same name"),
        ([{"name": "A", "day": 3}, {"name": "B", "day": 3}], "in order"),
        ([{"name": "A", "day": 3}, {"name": "B", "day": 1}], "in order"),
        ([{"name": " ", "day": 3}], "needs a name"),
        ([{"name": "x" * 81, "day": 3}], "needs a name"),
        ([{"day": 3}], "a name and a day"),
        ([{"name": 3, "day": 3}], "a name and a day"),
        ([{"name": "A", "day": 0, "colour": 1}], "a name and a day"),
        (["Baseline"], "a name and a day"),
        ([{"name": "A", "day": 1.5}], "whole numbers"),
        ([{"name": "A", "day": True}], "whole numbers"),
        ([{"name": "A", "day": -1}], "whole numbers"),
        ([{"name": "A", "day": 0, "days_after": -2}], "whole numbers"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(rows: list[Any], says: str) -> None:
    with pytest.raises(ScheduleRefused, match=says):
        VisitSchedule.of(rows)


def test_a_schedule_written_and_read_is_the_same() -> None:
    assert VisitSchedule.of(PLAN.as_rows()) == PLAN
