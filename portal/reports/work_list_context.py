"""What the work list and the page that fills it show: frozen contexts, every number as text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WorkListRow:
    study_id: str
    href: str
    subject: str
    site: str
    trial: str
    visit: str
    received_at: datetime
    state: str
    state_label: str
    progress_percent: int | None
    stage: str
    error: str
    pdff: str = ""
    pdff_error: str = ""
    grade: str = ""
    is_borderline: bool = False
    r2star: str = ""
    lic: str = ""
    volume: str = ""
    critical_count: int = 0
    warning_count: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    is_selected: bool


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A saved view of the work list."""

    key: str
    name: str
    href: str
    is_shown: bool


@dataclass(frozen=True, slots=True)
class WorkListPage:
    """Context of ``reports/work_list.html`` (as ``page``) and of its rows alone."""

    rows: tuple[WorkListRow, ...]
    total: int
    number: int
    page_count: int
    previous_query: str
    next_query: str
    search: str
    states: tuple[Choice, ...]
    trials: tuple[Choice, ...]
    orders: tuple[Choice, ...]
    is_filtered: bool
    is_moving: bool
    views: tuple[ViewLink, ...] = ()
    query: str = ""  # the filters alone, as a saved view keeps them
    notices: tuple[str, ...] = ()  # about filters that are not known


@dataclass(frozen=True, slots=True)
class SiteChoice:
    """A site that the person may send studies of."""

    id: str
    label: str
    visits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UploadPage:
    """Context of ``studies/upload.html`` (as ``page``)."""

    sites: tuple[SiteChoice, ...]
    may_add_site: bool  # asked where there is none to send to
    uploads_url: str
    studies_url: str
    runs_url: str
    tus_url: str
    max_files: int
    max_bytes: int
