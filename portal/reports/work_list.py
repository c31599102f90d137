"""The work list: studies a person may see, newest first, with state and first numbers.

The number of queries does not depend on the number of rows: one to count, one for the keys of the
page, one each for its studies, their runs, stages and reports, one for the choice of trials, one
for the saved views.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from analysis.anatomy import LIVER
from analysis.measurement import Measurement
from analysis.quantities import LIC, PDFF, R2STAR, VOLUME, Quantity
from portal.accounts.models import User
from portal.accounts.saved_views import kept_part
from portal.filters import choose
from portal.reports.models import Report
from portal.reports.saved_view_pages import FILTERS, view_links
from portal.reports.segment_table import error_of
from portal.reports.selectors import Viewer, listed_reports_for
from portal.reports.work_list_context import Choice, WorkListPage, WorkListRow
from portal.runs.models import ACTIVE, AnalysisRun, RunState, StageRun, StageState
from portal.runs.pipeline import STAGES
from portal.studies.models import Study
from portal.studies.selectors import studies_for
from portal.trials.selectors import trials_for
from portal.wording import said, said_as_stored

Query = Mapping[str, str]
PAGE_SIZE = 50
TITLES = {stage.name: stage.title for stage in STAGES}
STATES: tuple[tuple[str, str], ...] = (
    ("", gettext_noop("All")),
    ("attention", gettext_noop("Needs attention")),
    (RunState.SUCCEEDED, gettext_noop("Finished")),
    ("moving", gettext_noop("In analysis")),
    (RunState.FAILED, gettext_noop("Failed")),
)
# (value, label, expression): empty columns come last in either direction.
ORDERS: tuple[tuple[str, str, Any], ...] = (
    ("", gettext_noop("Newest first"), F("received_at").desc()),
    ("oldest", gettext_noop("Oldest first"), F("received_at").asc()),
    ("pdff", gettext_noop("Highest PDFF"), F("newest_pdff").desc(nulls_last=True)),
    ("lic", gettext_noop("Highest LIC"), F("newest_lic").desc(nulls_last=True)),
    ("subject", gettext_noop("Subject"), F("subject__code").asc()),
)


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest run and report of each study on a page."""

    runs: Mapping[UUID, AnalysisRun]
    reports: Mapping[UUID, Report]
    stages: Mapping[UUID, list[StageRun]]


def listed_keys(user: Viewer, query: Query) -> QuerySet[Study, UUID] | list[UUID]:
    """Return the keys of the studies that the filters leave, in their order.

    Keys only: what a page does not show is never fetched, joined or computed.
    """
    order = next((e for value, _, e in ORDERS if value == query.get("order", "")), ORDERS[0][2])
    found = _filtered(user, studies_for(user), query).order_by(order, "-received_at", "id")
    every_key = found.values_list("pk", flat=True)
    # A filter by state looks at each study's newest run: once, not once more to count.
    is_costly = "newest_state" in found.query.annotations
    return [*every_key] if is_costly else every_key


def studies_of(keys: list[UUID]) -> dict[UUID, Study]:
    return Study.objects.select_related("trial", "site", "subject", "visit").in_bulk(keys)


def build_work_list(user: Viewer, query: QueryDict) -> WorkListPage:
    trials = {"": _("All")} | {str(t.pk): t.name for t in trials_for(user)}
    chosen = {
        "state": choose(query.get("state", ""), dict(STATES), what=_("state")),
        "trial": choose(query.get("trial", ""), trials, what=_("trial")),
        "order": choose(query.get("order", ""), [value for value, *_ in ORDERS], what=_("order")),
    }
    asked = {name: each.value for name, each in chosen.items()}
    wanted = asked | {"search": query.get("search", "")}
    paginator = Paginator(listed_keys(user, wanted), PAGE_SIZE)
    page = paginator.get_page(query.get("page"))
    keys = [*page.object_list]
    studies, newest = studies_of(keys), newest_of(user, keys)
    rows = tuple(_row(studies[key], newest) for key in keys)
    return WorkListPage(
        rows=rows,
        total=paginator.count,
        number=page.number,
        page_count=paginator.num_pages,
        previous_query=_query(query, page.previous_page_number()) if page.has_previous() else "",
        next_query=_query(query, page.next_page_number()) if page.has_next() else "",
        search=query.get("search", ""),
        states=_choices(((value, _(label)) for value, label in STATES), asked["state"]),
        trials=_choices(trials.items(), asked["trial"]),
        orders=_choices(((value, _(label)) for value, label, by in ORDERS), asked["order"]),
        is_filtered=any(wanted[name] for name in ("search", "state", "trial")),
        is_moving=any(row.progress_percent is not None for row in rows),
        views=view_links(user, query) if isinstance(user, User) else (),
        query=kept_part(query, FILTERS),
        notices=tuple(each.notice for each in chosen.values() if each.notice),
    )


def _filtered(user: Viewer, studies: QuerySet[Study], query: Query) -> QuerySet[Study]:
    studies = studies.annotate(**_needed(user, query))
    for words in query.get("search", "").split():
        studies = studies.filter(
            Q(subject__code__icontains=words)
            | Q(visit__name__icontains=words)
            | Q(site__name__icontains=words)
            | Q(description__icontains=words)
        )
    if trial := _uuid(query.get("trial", "")):
        studies = studies.filter(trial=trial)
    return _in_state(studies, query.get("state", ""))


def _needed(user: Viewer, query: Query) -> dict[str, Subquery]:
    """Return what order and filter look at; each costs a look elsewhere for every study."""
    runs = AnalysisRun.objects.filter(study=OuterRef("pk")).order_by("-created_at")
    reports = listed_reports_for(user).filter(study=OuterRef("pk")).order_by("-created_at")
    order, state = query.get("order", ""), query.get("state", "")
    needed: dict[str, Subquery] = {}
    if state:
        needed["newest_state"] = Subquery(runs.values("state")[:1])
    if state == "attention":
        needed["newest_critical"] = Subquery(reports.values("critical_count")[:1])
    if order == "pdff":
        needed["newest_pdff"] = Subquery(reports.values("pdff_percent")[:1])
    if order == "lic":
        needed["newest_lic"] = Subquery(reports.values("lic_mg_per_g")[:1])
    return needed


def _in_state(studies: QuerySet[Study], state: str) -> QuerySet[Study]:
    """Leave studies by their newest run.

    The first condition of two is the one that an index answers for what is rare; the database
    looks at the second for what the first leaves. Most studies are finished: there it would only
    add work.
    """
    with_run = AnalysisRun.objects.values("study")
    if state == "moving":
        some = Q(pk__in=with_run.filter(state__in=ACTIVE))
        return studies.filter(some, Q(newest_state__in=ACTIVE))
    if state == "attention":
        failed = Q(pk__in=with_run.filter(state=RunState.FAILED))
        critical = Q(pk__in=Report.objects.filter(critical_count__gt=0).values("study"))
        return studies.filter(
            (failed & Q(newest_state=RunState.FAILED)) | (critical & Q(newest_critical__gt=0))
        )
    if state not in RunState.values:
        return studies
    newest = Q(newest_state=state)
    if state == RunState.SUCCEEDED:
        return studies.filter(newest)
    return studies.filter(Q(pk__in=with_run.filter(state=state)), newest)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def newest_of(user: Viewer, study_ids: list[UUID]) -> Newest:
    runs = AnalysisRun.objects.filter(study__in=study_ids).order_by("created_at")
    reports = listed_reports_for(user).filter(study__in=study_ids)
    reports = reports.order_by("created_at", "version")
    by_study = {run.study_id: run for run in runs}  # a later run replaces an earlier one
    moving = [run.pk for run in by_study.values() if run.state in ACTIVE]
    stages: dict[UUID, list[StageRun]] = {}
    for row in StageRun.objects.filter(run__in=moving).defer("manifest"):
        stages.setdefault(row.run_id, []).append(row)
    return Newest(by_study, {report.study_id: report for report in reports}, stages)


def _row(study: Study, newest: Newest) -> WorkListRow:
    run, report = newest.runs.get(study.pk), newest.reports.get(study.pk)
    percent, stage = _progress(newest.stages.get(run.pk, [])) if run else (None, "")
    numbers = _numbers(report) if report else {}
    return WorkListRow(
        study_id=str(study.pk),
        href=_href(run, report),
        subject=study.subject.code,
        site=study.site.name,
        trial=study.trial.name,
        visit=study.visit.name,
        received_at=study.received_at,
        state=run.state if run else "",
        state_label=str(run.get_state_display()) if run else _("Not analysed"),
        progress_percent=percent,
        stage=stage,
        error=said_as_stored(run.error_message, run.error_words) if run else "",
        **numbers,
    )


def _href(run: AnalysisRun | None, report: Report | None) -> str:
    if report and run and run.state not in ACTIVE:
        return reverse("reports:detail", args=[report.pk])
    return reverse("runs:detail", args=[run.pk]) if run else ""


def _progress(stages: list[StageRun]) -> tuple[int | None, str]:
    if not stages:
        return None, ""
    done = sum(1.0 if s.state == StageState.SUCCEEDED else s.progress for s in stages)
    running = next((s for s in stages if s.state == StageState.RUNNING), None)
    return round(100 * done / len(stages)), said(TITLES.get(running.stage, "")) if running else ""


def _numbers(report: Report) -> dict[str, Any]:
    return {
        "pdff": _text(PDFF, report.pdff_percent),
        "pdff_error": _error(PDFF, report.pdff_error_percent),
        "grade": report.pdff_grade,
        "is_borderline": report.is_borderline,
        "r2star": _text(R2STAR, report.r2star_per_s),
        "lic": _text(LIC, report.lic_mg_per_g),
        "volume": _text(VOLUME, report.liver_volume_ml),
        "critical_count": report.critical_count,
        "warning_count": report.warning_count,
    }


def _text(quantity: Quantity, value: float | None) -> str:
    return "" if value is None else quantity.format(value).removesuffix(quantity.unit).strip()


def _error(quantity: Quantity, error: float | None) -> str:
    """Return a standard error as reports write it: "< 0.1" when it rounds to nothing."""
    measurement = Measurement(quantity.key, LIVER.key, "mean", 0.0, quantity.unit, error, 0, "")
    return error_of(measurement)


def _choices(rows: Any, selected: str) -> tuple[Choice, ...]:
    return tuple(Choice(str(value), label, str(value) == selected) for value, label in rows)


def _query(query: QueryDict, number: int) -> str:
    changed = query.copy()
    changed.pop("part", None)
    changed["page"] = str(number)
    return changed.urlencode()
