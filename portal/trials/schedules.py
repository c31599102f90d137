"""The visits that a trial plans, and whether a visit fell into its window.

Days count from the first visit of the schedule. De-identification shifts all dates of a subject by
the same number of days, so that what counts here, their distances, stays true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from analysis.wording import words
from portal.errors import PortalError

LONGEST_DAY = 20 * 366
LONGEST_NAME = 80


class ScheduleRefused(PortalError):
    """A visit schedule that makes no sense."""


class Timing(StrEnum):
    IN_WINDOW = "in-window"
    EARLY = "early"
    LATE = "late"
    UNSCHEDULED = "unscheduled"
    NOT_KNOWN = "not-known"


@dataclass(frozen=True, slots=True)
class ScheduledVisit:
    """A visit as planned: its day, and how many days earlier or later it may be."""

    name: str
    day: int
    days_before: int = 0
    days_after: int = 0

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > LONGEST_NAME:
            raise ScheduleRefused(words("Each visit needs a name."), code="visit-name")
        days = (self.day, self.days_before, self.days_after)
        if any(not 0 <= day <= LONGEST_DAY for day in days):
            raise ScheduleRefused(
                words(
                    "The days of %(name)s must be whole numbers from 0 to %(most)s.",
                    name=self.name,
                    most=LONGEST_DAY,
                ),
                code="visit-day",
            )


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Where a visit fell: ``days_off`` counts from the nearest edge of the window."""

    timing: Timing
    planned_on: date | None = None
    day: int | None = None
    days_off: int = 0

    @property
    def is_out_of_window(self) -> bool:
        return self.timing in {Timing.EARLY, Timing.LATE}


@dataclass(frozen=True, slots=True)
class VisitSchedule:
    """Scheduled visits by their day; an empty schedule plans nothing."""

    visits: tuple[ScheduledVisit, ...] = ()

    def __post_init__(self) -> None:
        names = [visit.name.casefold() for visit in self.visits]
        if len(set(names)) != len(names):
            raise ScheduleRefused(words("Two visits have the same name."), code="visit-twice")
        if any(later.day <= earlier.day for earlier, later in pairwise(self.visits)):
            raise ScheduleRefused(
                words("The visits must stand in order, each on a later day than the one before."),
                code="visit-order",
            )

    @classmethod
    def of(cls, rows: Sequence[Any]) -> VisitSchedule:
        """Read the JSON of a schedule; unknown names and days that are no numbers are refused."""
        known = {field.name for field in fields(ScheduledVisit)}
        for row in rows:
            is_table = (
                isinstance(row, Mapping) and set(row) <= known and {"name", "day"} <= set(row)
            )
            if not is_table or type(row["name"]) is not str:
                raise ScheduleRefused(
                    words("Each visit needs a name and a day."), code="visit-invalid"
                )
            if any(type(row[name]) is not int for name in set(row) - {"name"}):
                raise ScheduleRefused(words("Days must be whole numbers."), code="visit-day")
        return cls(tuple(ScheduledVisit(**row) for row in rows))

    def as_rows(self) -> list[dict[str, Any]]:
        """Return the JSON that ``of`` reads."""
        return [asdict(visit) for visit in self.visits]

    def get(self, name: str) -> ScheduledVisit | None:
        return next((visit for visit in self.visits if visit.name == name), None)

    def judge(self, name: str, happened_on: date | None, dates: Mapping[str, date]) -> Punctuality:
        """Tell where a visit fell; ``dates`` has the dates of the subject's visits by name."""
        planned = self.get(name)
        if planned is None:
            return Punctuality(Timing.UNSCHEDULED)
        first = self.visits[0]
        start = dates.get(first.name)
        if start is None:
            return Punctuality(Timing.NOT_KNOWN)
        planned_on = start + timedelta(days=planned.day - first.day)
        if happened_on is None:
            return Punctuality(Timing.NOT_KNOWN, planned_on)
        off = (happened_on - planned_on).days
        day = planned.day + off
        if off < -planned.days_before:
            return Punctuality(Timing.EARLY, planned_on, day, -off - planned.days_before)
        if off > planned.days_after:
            return Punctuality(Timing.LATE, planned_on, day, off - planned.days_after)
        return Punctuality(Timing.IN_WINDOW, planned_on, day)
