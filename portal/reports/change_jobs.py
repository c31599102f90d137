"""Comparing the images of two visits in a worker: asked for once, claimed once, kept by its input.

There is no outbox of its own: whoever looks at the page asks again (``revive``), so that a lost
call or a dead worker only costs time while somebody waits.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path
from uuid import UUID

from celery.exceptions import OperationalError, SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from analysis.change.images import VERSION, ImageComparison, compare_images
from analysis.change.visit import Visit
from analysis.errors import AnalysisError, OutputFailed
from analysis.wording import words
from portal.accounts.models import User
from portal.audit.services import record
from portal.celery import app
from portal.reports.change_models import Comparison
from portal.reports.documents import anatomical_image, liver_report, study_images, study_maps
from portal.reports.images import turn_back
from portal.reports.models import Report
from portal.runs import storage
from portal.runs.claims import is_on_this_machine_and_dead, worker_name
from portal.runs.codec import read_value, write_value
from portal.runs.models import StageState
from portal.runs.stage import Queue

TASK = "portal.reports.compare_visits"
SOFT_LIMIT_S = 600
LEASE = timedelta(seconds=SOFT_LIMIT_S + 60)
ASK_AGAIN = timedelta(seconds=30)
_IMAGE_STAGES = ("select", "segment", "map")
State = Comparison.State
_LOST = AnalysisError(
    words("The comparison was begun several times and never finished; tell the administrator."),
    code="worker-lost",
)
_TOO_SLOW = AnalysisError(
    words("The comparison took too long and was stopped; try again later."), code="too-slow"
)
logger = logging.getLogger(__name__)


def key_of(baseline: Report, follow_up: Report) -> str:
    """Return the hash of all that enters a comparison: numbers, images, masks and the method."""
    parts = [VERSION]
    for report in (baseline, follow_up):
        stages = report.run.stages.filter(stage__in=_IMAGE_STAGES).order_by("stage")
        parts += [report.sha256, report.labels_sha256]
        parts += stages.values_list("output_sha256", flat=True)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def comparison_of(baseline: Report, follow_up: Report) -> Comparison | None:
    return Comparison.objects.filter(key=key_of(baseline, follow_up)).first()


def ask_for(user: User, baseline: Report, follow_up: Report) -> Comparison:
    """Have two visits compared; the same input is compared once, a failed one tried again."""
    with transaction.atomic():
        comparison, is_new = Comparison.objects.get_or_create(
            key=key_of(baseline, follow_up),
            defaults={"baseline": baseline, "follow_up": follow_up, "requested_by": user},
        )
        again = Comparison.objects.filter(pk=comparison.pk, state=State.FAILED).update(
            state=State.QUEUED,
            attempts=0,
            error_code="",
            error_message="",
            error_words={},
            sent_at=None,
        )
        if is_new or again:
            new = {"baseline": baseline.pk, "follow_up": follow_up.pk}
            trial_id = follow_up.study.trial_id
            record("comparison-asked", comparison, actor=user, new=new, trial_id=trial_id)
            transaction.on_commit(partial(send, comparison.pk))
    comparison.refresh_from_db()
    return comparison


def send(comparison_id: UUID) -> None:
    """Wake a worker; when the broker is away, the next look at the page tries again."""
    Comparison.objects.filter(pk=comparison_id).update(sent_at=timezone.now())
    try:
        app.send_task(
            TASK,
            kwargs={"comparison_id": str(comparison_id)},
            queue=Queue.CPU,
            soft_time_limit=SOFT_LIMIT_S,
            time_limit=SOFT_LIMIT_S + 30,
            retry=False,
        )
    except (OperationalError, OSError):
        logger.warning("The broker is away; comparison %s waits.", comparison_id)


def revive(comparison: Comparison) -> None:
    """Ask again for a comparison whose call or worker was lost."""
    now = timezone.now()
    if comparison.state == State.RUNNING:
        is_over = comparison.lease_until is None or comparison.lease_until < now
        if is_over or is_on_this_machine_and_dead(comparison.worker):
            _put_back(comparison)
    waited = Q(sent_at=None) | Q(sent_at__lt=now - ASK_AGAIN)
    due = Comparison.objects.filter(waited, pk=comparison.pk, state=State.QUEUED)
    if due.update(sent_at=now):
        send(comparison.pk)
    comparison.refresh_from_db()


def _put_back(comparison: Comparison) -> None:
    held = _held(comparison)
    if comparison.attempts < settings.RUN_MAX_ATTEMPTS:
        held.update(state=State.QUEUED, sent_at=None)
        return
    held.update(state=State.FAILED, **_noted(_LOST))


def _noted(error: AnalysisError) -> dict[str, object]:
    return {
        "error_code": error.code,
        "error_message": error.message,
        "error_words": asdict(error.words),
    }


def run_comparison(comparison_id: UUID) -> bool:
    """Compare two visits if that is due; return whether it was done here.

    1. Claim: one conditional update from queued to running, with a lease and a new token.
    2. Read both visits, checked against their hashes, and compare.
    3. Write into this claim's own folder and finish, only if the claim still holds.
    """
    claimed = Comparison.objects.filter(pk=comparison_id, state=State.QUEUED).update(
        state=State.RUNNING,
        attempts=F("attempts") + 1,
        token=F("token") + 1,
        lease_until=timezone.now() + LEASE,
        worker=worker_name(),
        progress=0.0,
        progress_text="",
    )
    if claimed != 1:
        return False
    comparison = Comparison.objects.select_related("baseline__run", "follow_up__run").get(
        pk=comparison_id
    )
    with _failing_in_words(comparison):
        result = compare_images(
            visit_of(comparison.baseline),
            visit_of(comparison.follow_up),
            partial(_tell, comparison),
        )
        sha256 = write_value(result, ImageComparison, folder_of(comparison))
        _finish(comparison, state=State.SUCCEEDED, output_sha256=sha256, progress=1.0)
    return True


def _tell(comparison: Comparison, fraction: float, text: str) -> None:
    _held(comparison).update(
        progress=fraction, progress_text=text, lease_until=timezone.now() + LEASE
    )


def _held(comparison: Comparison) -> QuerySet[Comparison]:
    return Comparison.objects.filter(pk=comparison.pk, state=State.RUNNING, token=comparison.token)


def _finish(comparison: Comparison, **values: object) -> None:
    _held(comparison).update(finished_at=timezone.now(), **values)


@contextmanager
def _failing_in_words(comparison: Comparison) -> Iterator[None]:
    """Note a failure for the person who waits; a fault of the program is noted and goes on."""
    noted = AnalysisError(
        words(
            "An unexpected error happened (reference %(reference)s).", reference=str(comparison.pk)
        ),
        code="unexpected",
    )
    try:
        yield
    except AnalysisError as error:
        noted = error
    except SoftTimeLimitExceeded:
        noted = _TOO_SLOW
    finally:
        # After a success nothing is held any more, and this changes nothing.
        _finish(comparison, state=State.FAILED, **_noted(noted))


def folder_of(comparison: Comparison) -> Path:
    whole = storage.comparison_folder(comparison.follow_up.run_id, comparison.pk)
    return whole / str(comparison.token)


def result_of(comparison: Comparison) -> ImageComparison | None:
    """Return what a comparison found; None when it is not there (any more)."""
    if comparison.state != State.SUCCEEDED:
        return None
    try:
        return _read(folder_of(comparison), comparison.output_sha256)
    except OutputFailed:
        return None


@lru_cache(maxsize=4)
def _read(folder: Path, sha256: str) -> ImageComparison:
    """Read and check a result once; its large arrays are mapped from disc."""
    found: ImageComparison = read_value(ImageComparison, folder, sha256)
    return found


def visit_of(report: Report) -> Visit:
    """Return a visit with the labels of this version, on the grid on which it was analysed."""
    images = study_images(report)
    labels = turn_back(images.labels, images.original)
    run = report.run_id
    return Visit(liver_report(report), labels, anatomical_image(run), study_maps(run))


def has_images(report: Report) -> bool:
    done = report.run.stages.filter(stage__in=_IMAGE_STAGES, state=StageState.SUCCEEDED)
    return done.count() == len(_IMAGE_STAGES)
