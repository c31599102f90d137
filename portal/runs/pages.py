"""What the pages of a run show: frozen contexts, built from rows by ``selectors``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage in the progress list; ``state`` is a ``StageState`` value."""

    name: str
    title: str
    state: str
    state_label: str
    progress_percent: int
    text: str
    seconds: float | None
    attempts: int


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Context of ``runs/_progress.html`` (as ``progress``) and of ``GET /api/v1/runs/<id>``.

    ``state`` is a ``RunState`` value. The page polls ``progress_url`` until ``is_finished``;
    ``report_url`` is empty until there is a report.
    """

    run_id: str
    state: str
    state_label: str
    progress_percent: int
    stages: tuple[StageLine, ...]
    error_code: str
    error_message: str
    queue_position: int | None
    is_finished: bool
    can_cancel: bool
    can_retry: bool
    page_url: str
    progress_url: str
    cancel_url: str
    retry_url: str
    report_url: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """Context of ``runs/detail.html`` (as ``page``); ``page.progress`` is the partial's."""

    title: str
    study_label: str
    subject_label: str
    subject_id: str
    trial_name: str
    site_name: str
    requested_by: str
    created_at: datetime
    progress: RunProgress
