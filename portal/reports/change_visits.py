"""The visits of a subject that may be compared, oldest first, and who may see their order."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from analysis.report import LiverReport
from portal.accounts.models import User
from portal.reports.documents import liver_report
from portal.reports.models import Report, Signature
from portal.reports.selectors import Viewer, listed_reports_for, report_for, reports_for
from portal.runs.models import RunState
from portal.trials.models import Membership, ReadingScheme, Role
from portal.trials.reading_schemes import Blinding

MOST_VISITS = 20
_BLINDED_ROLES = (Role.READER, Role.ADJUDICATOR)


@dataclass(frozen=True, slots=True, eq=False)
class VisitReport:
    """A visit by the report that stands for it."""

    report: Report
    numbers: LiverReport
    is_signed: bool

    @property
    def date(self) -> str:
        """The date of the images, else the day they came; ISO, so that it sorts."""
        return self.numbers.description.study_date or f"{self.report.study.received_at:%Y-%m-%d}"

    @property
    def name(self) -> str:
        return self.report.study.visit.name


def may_see_visit_order(user: Viewer, report: Report) -> bool:
    """Tell whether a person may know which visit came first: the one question to ask.

    A trial's reading scheme may hide visits, dates and order from its readers, and so may one
    that hides the subject.
    """
    scheme = ReadingScheme.objects.filter(trial=report.study.trial_id).order_by("-version").first()
    hidden = set(scheme.rules.get("blinded_to", ())) if scheme else set()
    if not hidden & {Blinding.TIME.value, Blinding.SUBJECT.value}:
        return True
    if not isinstance(user, User):
        return False
    held = Membership.objects.filter(user=user, trial=report.study.trial_id)
    return not held.filter(role__in=_BLINDED_ROLES).exists()


def ordered_report_for(user: Viewer, report_id: UUID | str) -> Report:
    """Fetch a report whose place among the subject's visits the person may know."""
    report = report_for(user, report_id)
    if not may_see_visit_order(user, report):
        raise Http404
    return report


def visits_of(user: Viewer, report: Report) -> tuple[VisitReport, ...]:
    """Return the subject's finished visits that the person may see, oldest first.

    Each study is shown by its newest signed version, else by its newest; this study by ``report``.
    Of more than 20 visits the first and the newest 19 are kept, and always this one.
    """
    chosen = {report.study_id: report}
    for other in _candidates(user, report):
        chosen.setdefault(other.study_id, other)
    signed = set(
        Signature.objects.filter(report__in=chosen.values()).values_list("report_id", flat=True)
    )
    visits = [VisitReport(each, liver_report(each), each.pk in signed) for each in chosen.values()]
    visits.sort(key=lambda visit: (visit.date, visit.report.study.received_at))
    if len(visits) > MOST_VISITS:
        kept = {id(visit) for visit in (visits[0], *visits[1 - MOST_VISITS :])}
        visits = [v for v in visits if id(v) in kept or v.report.pk == report.pk]
    return tuple(visits)


def _candidates(user: Viewer, report: Report) -> QuerySet[Report]:
    is_signed = Exists(Signature.objects.filter(report=OuterRef("pk")))
    return (
        reports_for(user)
        .filter(
            pk__in=listed_reports_for(user).values("pk"),
            study__trial=report.study.trial_id,
            study__subject=report.study.subject_id,
            run__state=RunState.SUCCEEDED,
        )
        .annotate(is_signed=is_signed)
        .order_by("-is_signed", "-created_at", "-version", "pk")
    )


def pair_for(
    user: Viewer, report_id: UUID | str, baseline_id: UUID | str | None
) -> tuple[Report, VisitReport]:
    """Fetch a report and the earlier visit it is compared with, the first one unless named."""
    report = ordered_report_for(user, report_id)
    baseline = choose_baseline(earlier_visits(visits_of(user, report), report), baseline_id)
    if baseline is None:
        raise Http404
    return report, baseline


def earlier_visits(visits: tuple[VisitReport, ...], report: Report) -> tuple[VisitReport, ...]:
    """Return the visits before this one."""
    place = next(n for n, visit in enumerate(visits) if visit.report.pk == report.pk)
    return visits[:place]


def choose_baseline(
    earlier: tuple[VisitReport, ...], wanted: str | UUID | None
) -> VisitReport | None:
    """Return the visit asked for, or the first one; raise 404 for one that is no earlier visit."""
    if not wanted:
        return earlier[0] if earlier else None
    found = next((visit for visit in earlier if str(visit.report.pk) == str(wanted)), None)
    if found is None:
        raise Http404
    return found
