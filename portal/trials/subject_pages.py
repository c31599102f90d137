"""Subjects of a trial, their visits and windows, and the requests to scan again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from portal.accounts.models import User
from portal.filters import choose
from portal.trials.models import RescanRequest, Role, Site, Subject, Trial, Visit
from portal.trials.rescans import MAY_ANSWER, MAY_ASK, open_rescans_for, rescans_for
from portal.trials.schedules import VisitSchedule
from portal.trials.selectors import has_trial_role, sites_for, subjects_for
from portal.trials.visits import punctuality_of
from portal.wording import said

PAGE_SIZE = 100
TIMING_LABELS = {
    "in-window": gettext_noop("in the window"),
    "early": gettext_noop("too early"),
    "late": gettext_noop("too late"),
    "unscheduled": gettext_noop("not planned"),
    "not-known": "",
}


@dataclass(frozen=True, slots=True)
class VisitLine:
    name: str
    planned_on: date | None
    happened_on: date | None
    day: int | None
    timing: str
    days_off: int
    is_out_of_window: bool
    open_rescans: int


@dataclass(frozen=True, slots=True)
class SubjectRow:
    subject: Subject
    site: str
    visit_count: int
    last_visit: str
    out_of_window: int
    open_rescans: int


@dataclass(frozen=True, slots=True)
class SubjectListPage:
    """Context of ``trials/subjects.html`` (as ``page``)."""

    trial: Trial
    rows: tuple[SubjectRow, ...]
    pages: Page[Subject]
    sites: tuple[Site, ...]
    site: str
    search: str
    notices: tuple[str, ...]

    @property
    def query(self) -> str:
        """Return the filters for the links to other pages."""
        given = {"site": self.site, "search": self.search}
        return urlencode({name: value for name, value in given.items() if value})


@dataclass(frozen=True, slots=True)
class SubjectPage:
    """Context of ``trials/subject.html`` (as ``page``)."""

    subject: Subject
    trial: Trial
    visits: tuple[VisitLine, ...]
    expected: tuple[VisitLine, ...]
    rescans: tuple[RescanRequest, ...]
    may_ask: bool = False


@dataclass(frozen=True, slots=True)
class RescanLine:
    """A request as its site reads it: a reader stays unnamed."""

    id: str
    subject: str
    subject_id: str
    visit: str
    site: str
    trial: str
    reason: str
    action: str
    state: str
    state_label: str
    source_label: str
    raised_by: str
    raised_at: datetime
    answer: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class RescanPage:
    """Context of ``trials/rescan.html`` (as ``page``)."""

    line: RescanLine
    may_answer: bool
    may_withdraw: bool


def build_subject_list(
    user: User, trial: Trial, site: str, number: str, search: str = ""
) -> SubjectListPage:
    sites = tuple(sites_for(user).filter(trial=trial))
    chosen = choose(site, {each.code for each in sites}, what=_("site"))
    subjects = subjects_for(user).filter(trial=trial).select_related("site", "trial")
    if chosen.value:
        subjects = subjects.filter(site__code=chosen.value)
    if search := search.strip():
        subjects = subjects.filter(code__icontains=search)
    subjects = subjects.prefetch_related("visits__rescan_requests").order_by("site__code", "code")
    pages = Paginator(subjects, PAGE_SIZE).get_page(number)
    rows = tuple(_subject_row(subject, trial) for subject in pages.object_list)
    notices = tuple(filter(None, [chosen.notice]))
    return SubjectListPage(trial, rows, pages, sites, chosen.value, search, notices)


def build_subject_page(subject: Subject, user: User | None = None) -> SubjectPage:
    """Show a subject; ``user`` is asked for what the person may do here."""
    visits = [*subject.visits.prefetch_related("rescan_requests")]
    lines = _visit_lines(subject, visits)
    rescans = RescanRequest.objects.filter(visit__subject=subject).select_related("visit")
    may_ask = user is not None and sites_for(user, MAY_ASK).filter(pk=subject.site_id).exists()
    expected = _expected(subject, visits)
    return SubjectPage(subject, subject.trial, lines, expected, tuple(rescans), may_ask)


def _subject_row(subject: Subject, trial: Trial) -> SubjectRow:
    subject.trial = trial
    lines = _visit_lines(subject, [*subject.visits.all()])
    return SubjectRow(
        subject=subject,
        site=subject.site.code,
        visit_count=len(lines),
        last_visit=lines[-1].name if lines else "",
        out_of_window=sum(line.is_out_of_window for line in lines),
        open_rescans=sum(line.open_rescans for line in lines),
    )


def _visit_lines(subject: Subject, visits: list[Visit]) -> tuple[VisitLine, ...]:
    judged = zip(visits, punctuality_of(subject, visits), strict=True)
    lines = [
        VisitLine(
            name=visit.name,
            planned_on=found.planned_on,
            happened_on=visit.actual_date,
            day=found.day,
            timing=said(TIMING_LABELS[found.timing]),
            days_off=found.days_off,
            is_out_of_window=found.is_out_of_window,
            open_rescans=sum(
                r.state == RescanRequest.State.OPEN for r in visit.rescan_requests.all()
            ),
        )
        for visit, found in judged
    ]
    return tuple(sorted(lines, key=lambda line: (line.happened_on or date.max, line.name)))


def _expected(subject: Subject, visits: list[Visit]) -> tuple[VisitLine, ...]:
    """Return the planned visits that the subject has not had yet."""
    schedule = VisitSchedule.of(subject.trial.visit_schedule)
    had = {visit.name for visit in visits}
    dates = {visit.name: visit.actual_date for visit in visits if visit.actual_date}
    return tuple(
        VisitLine(
            v.name, schedule.judge(v.name, None, dates).planned_on, None, v.day, "", 0, False, 0
        )
        for v in schedule.visits
        if v.name not in had
    )


def rescan_lines(user: User, *, only_open: bool = False) -> tuple[RescanLine, ...]:
    """Return requests to the sites of a person; ``only_open`` for upload page and work list."""
    found = open_rescans_for(user) if only_open else rescans_for(user)
    return tuple(map(rescan_line, found[:PAGE_SIZE]))


def rescan_line(request: RescanRequest) -> RescanLine:
    subject = request.visit.subject
    is_reader = request.source == RescanRequest.Source.READER
    return RescanLine(
        id=str(request.pk),
        subject=subject.code,
        subject_id=str(subject.pk),
        visit=request.visit.name,
        site=subject.site.name,
        trial=subject.trial.name,
        reason=request.reason,
        action=request.action,
        state=request.state,
        state_label=request.get_state_display(),
        source_label=request.get_source_display(),
        raised_by=_("the central reading") if is_reader else str(request.raised_by),
        raised_at=request.raised_at,
        answer=request.answer,
        closed_at=request.closed_at,
    )


def build_rescan_page(user: User, request: RescanRequest) -> RescanPage:
    is_open = request.state == RescanRequest.State.OPEN
    trial = request.visit.subject.trial
    return RescanPage(
        line=rescan_line(request),
        may_answer=is_open and rescans_for(user, MAY_ANSWER).filter(pk=request.pk).exists(),
        may_withdraw=is_open and has_trial_role(user, trial, (Role.MANAGER,)),
    )
