"""The plan of a trial's visits, the form of its subject codes, and the dates of visits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPStatus
from typing import Any

from django.db import transaction

from analysis.wording import words
from portal.accounts.models import User
from portal.audit.services import record
from portal.trials.models import Site, Subject, Trial, Visit
from portal.trials.schedules import Punctuality, VisitSchedule
from portal.trials.subject_codes import SITE, SubjectRefused, refuse_wrong_form


@transaction.atomic
def set_schedule(trial: Trial, rows: Sequence[Mapping[str, Any]], *, by: User) -> VisitSchedule:
    schedule = VisitSchedule.of(rows)
    trial = Trial.objects.select_for_update().get(pk=trial.pk)
    old, trial.visit_schedule = trial.visit_schedule, schedule.as_rows()
    trial.save(update_fields=["visit_schedule"])
    record(
        "visit-schedule-changed",
        trial,
        actor=by,
        old={"visits": old},
        new={"visits": trial.visit_schedule},
        trial_id=trial.pk,
    )
    return schedule


@transaction.atomic
def set_subject_rules(trial: Trial, form: str, *, once_a_trial: bool, by: User) -> Trial:
    """Say what subject codes look like; codes given out before stay as they are."""
    trial = Trial.objects.select_for_update().get(pk=trial.pk)
    form = form.strip()
    if form and not any(sign in form for sign in ("#", "@", SITE)):
        raise SubjectRefused(
            words(
                "The form needs a # for a digit, an @ for a letter, or {site}; else all "
                "subjects would have one code."
            ),
            code="subject-form-invalid",
        )
    if once_a_trial and (twice := _codes_at_two_sites(trial)):
        raise SubjectRefused(
            words("These codes exist at two sites already: %(codes)s.", codes=", ".join(twice)),
            code="subject-twice",
            status=HTTPStatus.CONFLICT,
        )
    old = {"form": trial.subject_form, "once_a_trial": trial.is_subject_code_once_a_trial}
    trial.subject_form, trial.is_subject_code_once_a_trial = form, once_a_trial
    trial.save(update_fields=["subject_form", "is_subject_code_once_a_trial"])
    new = {"form": form, "once_a_trial": once_a_trial}
    record("subject-rules-changed", trial, actor=by, old=old, new=new, trial_id=trial.pk)
    return trial


def _codes_at_two_sites(trial: Trial) -> list[str]:
    codes = [*trial.subjects.values_list("code", flat=True)]
    return sorted({code for code in codes if codes.count(code) > 1})


def refuse_new_subject(site: Site, code: str) -> None:
    """Refuse a code that the protocol does not allow, before a subject is made of it."""
    trial = site.trial
    refuse_wrong_form(code, trial.subject_form, site.code)
    if trial.is_subject_code_once_a_trial and trial.subjects.filter(code=code).exists():
        raise SubjectRefused(
            words("This subject code is taken in this trial; check the code and type it again."),
            code="subject-taken",
            status=HTTPStatus.CONFLICT,
        )


@transaction.atomic
def note_date(visit: Visit, happened_on: date, *, by: User | None = None) -> Visit:
    """Keep the date of a visit as its images say it; a date that is known already stays."""
    visit = Visit.objects.select_for_update(of=("self",)).get(pk=visit.pk)
    if visit.actual_date is None:
        visit.actual_date = happened_on
        visit.save(update_fields=["actual_date"])
        new = {"actual_date": happened_on}
        record("visit-dated", visit, actor=by, new=new, trial_id=visit.subject.trial_id)
    return visit


def punctuality_of(subject: Subject, visits: Sequence[Visit]) -> tuple[Punctuality, ...]:
    """Tell for each visit of a subject where it fell."""
    schedule = VisitSchedule.of(subject.trial.visit_schedule)
    dates = {visit.name: visit.actual_date for visit in visits if visit.actual_date}
    return tuple(schedule.judge(visit.name, visit.actual_date, dates) for visit in visits)
