"""What the pages of a trial's plan show, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.trials.models import ReadingScheme, Trial
from portal.trials.plan_forms import (
    ExampleForm,
    ProtocolForm,
    ScheduleForm,
    SchemeForm,
    SubjectRulesForm,
)
from portal.trials.protocols import ProtocolRules, Verdict, judge
from portal.trials.schedules import ScheduledVisit, VisitSchedule


@dataclass(frozen=True, slots=True)
class ProtocolPage:
    """Context of ``trials/protocol.html`` (as ``page``)."""

    trial: Trial
    version: int | None
    form: ProtocolForm
    example: ExampleForm
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class PlanPage:
    """Context of ``trials/visits.html`` (as ``page``)."""

    trial: Trial
    visits: tuple[ScheduledVisit, ...]
    form: ScheduleForm
    codes: SubjectRulesForm


@dataclass(frozen=True, slots=True)
class SchemeVersion:
    version: int
    created_at: datetime
    created_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class SchemePage:
    """Context of ``trials/reading_scheme.html`` (as ``page``)."""

    trial: Trial
    current: ReadingScheme | None
    form: SchemeForm
    versions: tuple[SchemeVersion, ...]


def judged_example(form: ProtocolForm, example: ExampleForm) -> Verdict | None:
    """Return what the protocol in the form says about the acquisition beside it."""
    if not form.is_bound or not form.is_valid() or not example.is_valid():
        return None
    return judge(example.facts(), ProtocolRules.of(form.cleaned_data["rules"]))


def schedule_lines(trial: Trial) -> tuple[ScheduledVisit, ...]:
    return VisitSchedule.of(trial.visit_schedule).visits


def scheme_versions(trial: Trial) -> tuple[SchemeVersion, ...]:
    return tuple(
        SchemeVersion(each.version, each.created_at, str(each.created_by), each.reason)
        for each in trial.reading_schemes.select_related("created_by")
    )
