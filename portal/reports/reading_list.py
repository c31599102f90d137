"""What a reader has to read: assigned, due, how far; sorted so that the order tells nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from portal.filters import choose
from portal.reports.models import Reading
from portal.reports.reading_page import title_of, visit_of
from portal.reports.reading_selectors import Viewer, readings_for
from portal.wording import said

PAGE_SIZE = 50
STATES: tuple[tuple[str, str], ...] = (
    ("open", gettext_noop("To read")),
    ("signed", gettext_noop("Signed")),
    ("all", gettext_noop("All")),
)


@dataclass(frozen=True, slots=True)
class ReadingRow:
    href: str
    code: str
    title: str
    visit: str
    trial: str
    kind: str
    due_on: date
    is_overdue: bool
    state: str
    state_label: str


@dataclass(frozen=True, slots=True)
class ReadingListPage:
    """Context of ``reports/reading_list.html`` (as ``page``)."""

    rows: tuple[ReadingRow, ...]
    pages: Page[Reading]
    state: str
    states: tuple[tuple[str, str], ...]
    open_count: int
    overdue_count: int
    notices: tuple[str, ...] = ()


def state_of(reading: Reading) -> tuple[str, str]:
    if reading.withdrawn_at is not None:
        return "withdrawn", gettext_noop("Taken back")
    if reading.signed_at is not None:
        return "signed", gettext_noop("Signed")
    has_begun = reading.saved_at is not None or reading.unveiled_at is not None
    if has_begun:
        return "begun", gettext_noop("Begun")
    return "assigned", gettext_noop("Not begun")


def in_state(readings: QuerySet[Reading], state: str) -> QuerySet[Reading]:
    if state == "signed":
        return readings.exclude(signed_at=None)
    return readings if state == "all" else readings.filter(signed_at=None)


def reading_row(reading: Reading) -> ReadingRow:
    state, label = state_of(reading)
    return ReadingRow(
        href=reverse("reports:reading", args=[reading.pk]),
        code=reading.code,
        title=title_of(reading),
        visit=visit_of(reading),
        trial=reading.case.study.trial.name,
        kind=_("Adjudication") if reading.is_adjudication else _("Reading"),
        due_on=reading.due_on,
        is_overdue=reading.is_open and reading.due_on < timezone.localdate(),
        state=state,
        state_label=said(label),
    )


def build_reading_list(user: Viewer, state: str, number: str) -> ReadingListPage:
    """Return a page of readings, those due first; within a day the random code decides."""
    mine = readings_for(user).order_by("due_on", "code")
    chosen = choose(state, dict(STATES), otherwise="open", what=_("state"))
    pages = Paginator(in_state(mine, chosen.value), PAGE_SIZE).get_page(number)
    is_open = mine.filter(signed_at=None)
    return ReadingListPage(
        rows=tuple(map(reading_row, pages.object_list)),
        pages=pages,
        state=chosen.value,
        states=tuple((value, said(label)) for value, label in STATES),
        open_count=is_open.count(),
        overdue_count=is_open.filter(due_on__lt=timezone.localdate()).count(),
        notices=tuple(filter(None, [chosen.notice])),
    )
