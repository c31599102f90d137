"""What the page about the queue shows: where runs are, what is stuck, what waits to be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from portal.notifications.models import Delivery, DeliveryState
from portal.runs.models import (
    ACTIVE,
    AnalysisRun,
    OutboxMessage,
    RunState,
    StageRun,
    StageState,
)

SHOWN = 50
# A stage that was due this long ago, and that nobody took, has no worker for its queue.
UNTAKEN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class StateCount:
    state: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """A stage in some worker's hands; ``lease_s`` is negative when it is overdue."""

    stage: StageRun
    lease_s: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Outbox:
    count: int
    oldest: datetime | None
    never_sent: int


@dataclass(frozen=True, slots=True)
class QueuePage:
    states: tuple[StateCount, ...]
    working: tuple[WorkerLine, ...]
    stuck: tuple[StageRun, ...]
    waiting: tuple[StageRun, ...]
    failed: tuple[AnalysisRun, ...]
    outbox: Outbox
    messages: tuple[StateCount, ...]
    given_up: tuple[Delivery, ...]


def queue_page(now: datetime | None = None) -> QueuePage:
    now = now or timezone.now()
    stages = StageRun.objects.filter(run__state__in=ACTIVE).select_related(
        "run__study__subject", "run__study__trial", "wake_up"
    )
    failed = AnalysisRun.objects.filter(state=RunState.FAILED).order_by("-finished_at")
    gone = Delivery.objects.filter(state=DeliveryState.GIVEN_UP).select_related("user", "webhook")
    return QueuePage(
        states=_by_state(AnalysisRun.objects.all(), RunState),
        working=_working(stages.filter(state=StageState.RUNNING), now),
        stuck=tuple(_stuck(stages, now)[:SHOWN]),
        waiting=tuple(
            stages.filter(state=StageState.QUEUED).order_by("run__created_at", "position")[:SHOWN]
        ),
        failed=tuple(failed.select_related("study__subject", "study__trial")[:SHOWN]),
        outbox=_outbox(),
        messages=_by_state(Delivery.objects.all(), DeliveryState),
        given_up=tuple(gone[:SHOWN]),
    )


def _by_state(
    rows: QuerySet[AnalysisRun] | QuerySet[Delivery], states: type[RunState] | type[DeliveryState]
) -> tuple[StateCount, ...]:
    counted = dict(rows.order_by().values_list("state").annotate(count=Count("pk")))
    return tuple(
        StateCount(state.value, str(state.label), counted.get(state.value, 0)) for state in states
    )


def _stuck(stages: QuerySet[StageRun], now: datetime) -> QuerySet[StageRun]:
    """Return stages whose worker is silent, or that nobody has taken for long."""
    silent = Q(state=StageState.RUNNING) & (Q(lease_until=None) | Q(lease_until__lt=now))
    untaken = Q(state=StageState.QUEUED, wake_up__created_at__lt=now - UNTAKEN_AFTER)
    forgotten = Q(state=StageState.QUEUED, wake_up=None)
    return stages.filter(silent | untaken | forgotten).order_by("run__created_at", "position")


def _working(stages: QuerySet[StageRun], now: datetime) -> tuple[WorkerLine, ...]:
    return tuple(
        WorkerLine(
            stage=stage,
            lease_s=round(((stage.lease_until or now) - now).total_seconds()),
            minutes=round((now - (stage.started_at or now)).total_seconds() / 60),
        )
        for stage in stages.order_by("started_at")[:SHOWN]
    )


def _outbox() -> Outbox:
    found = OutboxMessage.objects.aggregate(
        count=Count("pk"), oldest=Min("created_at"), never=Count("pk", filter=Q(sends=0))
    )
    return Outbox(found["count"], found["oldest"], found["never"])
