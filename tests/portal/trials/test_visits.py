from __future__ import annotations

from datetime import date

import pytest

from portal.audit.models import AuditEvent
from portal.trials.schedules import ScheduleRefused, Timing
from portal.trials.services import subject_at, visit_of
from portal.trials.subject_codes import SubjectRefused
from portal.trials.visits import (
    note_date,
    punctuality_of,
    set_schedule,
    set_subject_rules,
)
from tests.portal.conftest import Cast

PLAN = [
    {"name": "Baseline", "day": 0, "days_before": 0, "days_after": 0},
    {"name": "Week 12", "day": 84, "days_before": 3, "days_after": 7},
]


def test_a_schedule_is_kept_whole_and_on_record(cast: Cast) -> None:
    set_schedule(cast.trial, PLAN, by=cast.tom)
    cast.trial.refresh_from_db()
    assert cast.trial.visit_schedule == PLAN
    with pytest.raises(ScheduleRefused):
        set_schedule(cast.trial, [*PLAN, PLAN[0]], by=cast.tom)
    cast.trial.refresh_from_db()
    assert cast.trial.visit_schedule == PLAN
    assert AuditEvent.objects.get(action="visit-schedule-changed").new["visits"] == PLAN


def test_a_visit_out_of_its_window_is_found(cast: Cast) -> None:
    set_schedule(cast.trial, PLAN, by=cast.tom)
    subject = subject_at(cast.north, "S-1")
    subject.trial.refresh_from_db()
    days = {"Baseline": date(2026, 1, 5), "Week 12": date(2026, 4, 10), "Extra": date(2026, 5, 1)}
    visits = [note_date(visit_of(subject, name), day) for name, day in days.items()]
    first, late, extra = punctuality_of(subject, visits)
    assert first.timing is Timing.IN_WINDOW
    assert (late.timing, late.days_off, late.planned_on) == (Timing.LATE, 4, date(2026, 3, 30))
    assert extra.timing is Timing.UNSCHEDULED


def test_the_first_date_of_a_visit_stays(cast: Cast) -> None:
    visit = visit_of(subject_at(cast.north, "S-1"), "Baseline")
    note_date(visit, date(2026, 1, 5), by=cast.uma)
    again = note_date(visit, date(2026, 2, 5), by=cast.uma)
    assert again.actual_date == date(2026, 1, 5)
    assert AuditEvent.objects.filter(action="visit-dated").count() == 1


def test_subject_codes_follow_the_protocol(cast: Cast) -> None:
    set_subject_rules(cast.trial, "{site}-###", once_a_trial=False, by=cast.tom)
    cast.north.trial.refresh_from_db()
    assert subject_at(cast.north, "N-001").code == "N-001"
    for wrong in ("S-001", "N-1", "N-0001", "Müller"):
        with pytest.raises(SubjectRefused, match="look like N-001"):
            subject_at(cast.north, wrong)


def test_a_code_may_be_asked_to_be_one_in_the_whole_trial(cast: Cast) -> None:
    north = subject_at(cast.north, "001")
    set_subject_rules(cast.trial, "", once_a_trial=True, by=cast.tom)
    cast.south.trial.refresh_from_db()
    assert subject_at(cast.north, "001") == north
    with pytest.raises(SubjectRefused, match="taken in this trial") as refused:
        subject_at(cast.south, "001")
    assert "North" not in refused.value.message


def test_that_rule_is_refused_when_codes_exist_twice(cast: Cast) -> None:
    subject_at(cast.north, "001")
    subject_at(cast.south, "001")
    with pytest.raises(SubjectRefused, match="two sites already: 001"):
        set_subject_rules(cast.trial, "", once_a_trial=True, by=cast.tom)


def test_a_form_of_one_single_code_is_refused(cast: Cast) -> None:
    with pytest.raises(SubjectRefused, match="needs a #"):
        set_subject_rules(cast.trial, "SUBJECT", once_a_trial=False, by=cast.tom)


def test_subjects_that_were_there_before_a_rule_stay(cast: Cast) -> None:
    old = subject_at(cast.north, "old one")
    set_subject_rules(cast.trial, "###", once_a_trial=False, by=cast.tom)
    cast.north.trial.refresh_from_db()
    assert subject_at(cast.north, "old one") == old
