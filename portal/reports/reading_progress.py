"""How far a trial's studies are read: for managers and monitors, without any value.

Before the result of a study is locked they see who reads it and whether it is signed; that two
readers differ, and in what, is seen too, because somebody has to call the adjudicator; by how much
is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from portal.accounts.models import User
from portal.filters import choose
from portal.reports.adjudication import DIFFERENCE_LABELS
from portal.reports.models import Reading, ReadingCase, Report
from portal.reports.reading_assignment import next_position
from portal.reports.reading_list import state_of
from portal.studies.models import Study
from portal.trials.models import Membership, ReadingScheme, RescanRequest, Role, Trial, Visit
from portal.trials.selectors import has_trial_role, scheme_of
from portal.wording import said

PAGE_SIZE = 50
STATES: tuple[tuple[str, str], ...] = (
    ("", gettext_noop("All")),
    ("waiting", gettext_noop("Readers missing")),
    ("reading", gettext_noop("Being read")),
    ("differing", gettext_noop("Readers differ")),
    ("locked", gettext_noop("Locked")),
)
POSITIONS = {
    1: gettext_noop("Reader 1"),
    2: gettext_noop("Reader 2"),
    Reading.ADJUDICATION: gettext_noop("Adjudicator"),
}


@dataclass(frozen=True, slots=True)
class ReaderLine:
    reading_id: str
    code: str
    position: str
    reader: str
    due_on: date
    is_overdue: bool
    state: str
    state_label: str
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class CaseRow:
    study_id: str
    subject: str
    visit: str
    site: str
    state_label: str
    missing: str
    differences: tuple[str, ...]
    readers: tuple[ReaderLine, ...]
    final_url: str


@dataclass(frozen=True, slots=True)
class SiteProgress:
    """Enrolment and reading of one site."""

    code: str
    name: str
    subjects: int
    visits: int
    studies: int
    analysed: int
    signed: int
    locked: int
    open_rescans: int


@dataclass(frozen=True, slots=True)
class PersonChoice:
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class ProgressPage:
    """Context of ``reports/reading_progress.html`` (as ``page``)."""

    trial: Trial
    scheme: ReadingScheme | None
    rows: tuple[CaseRow, ...]
    pages: Page[Study]
    sites: tuple[SiteProgress, ...]
    state: str
    states: tuple[tuple[str, str], ...]
    readers: tuple[PersonChoice, ...]
    adjudicators: tuple[PersonChoice, ...]
    may_assign: bool
    notices: tuple[str, ...] = ()


def build_progress(user: User, trial: Trial, state: str, number: str) -> ProgressPage:
    may_assign = has_trial_role(user, trial, (Role.MANAGER,))
    chosen = choose(state, dict(STATES), what=_("state"))
    studies = in_state(readable_studies(trial), chosen.value)
    pages = Paginator(studies, PAGE_SIZE).get_page(number)
    cases = cases_by_study([study.pk for study in pages.object_list])
    return ProgressPage(
        trial=trial,
        scheme=scheme_of(trial),
        rows=tuple(case_row(study, cases.get(study.pk), may_assign) for study in pages.object_list),
        pages=pages,
        sites=sites_progress(trial),
        state=chosen.value,
        states=tuple((value, said(label)) for value, label in STATES),
        readers=_people(trial, Role.READER),
        adjudicators=_people(trial, Role.ADJUDICATOR),
        may_assign=may_assign,
        notices=tuple(filter(None, [chosen.notice])),
    )


def readable_studies(trial: Trial) -> QuerySet[Study]:
    """Return the studies that have a report to read, oldest first."""
    has_report = Exists(Report.objects.filter(study=OuterRef("pk")))
    found = Study.objects.filter(Q(has_report), trial=trial)
    return found.select_related("subject", "visit", "site").order_by("received_at", "id")


def in_state(studies: QuerySet[Study], state: str) -> QuerySet[Study]:
    given = Count("reading_case__readings", filter=Q(reading_case__readings__withdrawn_at=None))
    if state == "waiting":
        return studies.alias(given=given).filter(
            Q(reading_case=None) | Q(given=0), reading_case__locked_at=None
        )
    if state == "reading":
        open_cases = Q(reading_case__locked_at=None, reading_case__differences__isnull=True)
        return studies.alias(given=given).filter(open_cases, given__gt=0)
    if state == "differing":
        differing = studies.filter(reading_case__locked_at=None)
        return differing.filter(reading_case__differences__isnull=False)
    return studies.exclude(reading_case__locked_at=None) if state == "locked" else studies


def cases_by_study(study_ids: Sequence[Any]) -> dict[Any, ReadingCase]:
    cases = (
        ReadingCase.objects.filter(study__in=study_ids)
        .select_related("scheme", "final")
        .prefetch_related("readings__reader")
    )
    return {case.study_id: case for case in cases}


def case_row(study: Study, case: ReadingCase | None, may_assign: bool) -> CaseRow:
    readings = (
        sorted(case.readings.all(), key=lambda r: (r.position, r.assigned_at)) if case else []
    )
    missing = missing_in(case)
    return CaseRow(
        study_id=str(study.pk),
        subject=study.subject.code,
        visit=study.visit.name,
        site=study.site.code,
        state_label=_state_label(case, missing),
        missing=missing,
        differences=tuple(said(DIFFERENCE_LABELS[name]) for name in _differences(case)),
        readers=tuple(_line(reading, may_assign) for reading in readings),
        final_url=reverse("reports:detail", args=[case.final.report_id])
        if case and case.final
        else "",
    )


def _differences(case: ReadingCase | None) -> list[str]:
    return (case.differences if case else None) or []


def missing_in(case: ReadingCase | None) -> str:
    """Return who has to be given the study next, in words; nothing when nobody is missing."""
    if case is None:
        return said(POSITIONS[1])
    position = next_position(case)
    return said(POSITIONS[position]) if position else ""


def _state_label(case: ReadingCase | None, missing: str) -> str:
    if case is not None and case.locked_at is not None:
        return _("Locked: %(how)s") % {"how": said(case.get_decided_by_display())}
    if missing:
        return _("%(who)s missing") % {"who": missing}
    return _("Readers differ") if case and case.differences else _("Being read")


def _line(reading: Reading, may_assign: bool) -> ReaderLine:
    return ReaderLine(
        reading_id=str(reading.pk),
        code=reading.code,
        position=said(POSITIONS[reading.position]),
        reader=str(reading.reader),
        due_on=reading.due_on,
        is_overdue=reading.is_open and reading.due_on < timezone.localdate(),
        state=state_of(reading)[0],
        state_label=said(state_of(reading)[1]),
        may_withdraw=may_assign and reading.is_open,
    )


def sites_progress(trial: Trial) -> tuple[SiteProgress, ...]:
    """Return one row a site; the number of queries does not grow with the sites."""
    subjects = _by_site(trial.subjects.all(), "site")
    visits = _by_site(Visit.objects.filter(subject__trial=trial), "subject__site")
    studies = _by_site(trial.studies.all(), "site")
    analysed = _by_site(readable_studies(trial), "site")
    signed = _by_site(
        Reading.objects.filter(case__study__trial=trial).exclude(signed_at=None),
        "case__study__site",
    )
    locked = _by_site(
        ReadingCase.objects.filter(study__trial=trial, locked_at__isnull=False), "study__site"
    )
    rescans = _by_site(
        RescanRequest.objects.filter(visit__subject__trial=trial, state=RescanRequest.State.OPEN),
        "visit__subject__site",
    )
    return tuple(
        SiteProgress(
            code=site.code,
            name=site.name,
            subjects=subjects.get(site.pk, 0),
            visits=visits.get(site.pk, 0),
            studies=studies.get(site.pk, 0),
            analysed=analysed.get(site.pk, 0),
            signed=signed.get(site.pk, 0),
            locked=locked.get(site.pk, 0),
            open_rescans=rescans.get(site.pk, 0),
        )
        for site in trial.sites.order_by("code")
    )


def _by_site(rows: QuerySet[Any], site: str) -> dict[UUID, int]:
    counted = rows.order_by().values_list(site).annotate(number=Count("pk"))
    return dict(counted)


def _people(trial: Trial, role: Role) -> tuple[PersonChoice, ...]:
    held = Membership.objects.filter(trial=trial, role=role, user__is_active=True)
    people = {each.user.pk: each.user for each in held.select_related("user")}
    ordered = sorted(people.values(), key=str)
    return tuple(PersonChoice(str(user.pk), f"{user} ({user.email})") for user in ordered)
