"""What a person may see of reports; fetching is the permission check."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from portal.accounts.models import User
from portal.reports.models import Report, ReportFile
from portal.reports.reading_selectors import released, seen_by, standing
from portal.runs.models import Artefact
from portal.runs.selectors import runs_for
from portal.studies.selectors import studies_for
from portal.trials.models import Membership, Role

Viewer = User | AnonymousUser


def reports_for(user: Viewer) -> QuerySet[Report]:
    """Return the reports of studies a person may see; under a reading scheme, once locked."""
    seen = Report.objects.filter(released(), seen_by(user), study__in=studies_for(user))
    return seen.select_related(
        "run", "study__trial", "study__site", "study__subject", "study__visit"
    )


def listed_reports_for(user: Viewer) -> QuerySet[Report]:
    """Return the reports that may stand for their studies in a list of studies a person sees."""
    return Report.objects.filter(standing(), seen_by(user))


def report_for(user: Viewer, report_id: UUID | str) -> Report:
    return get_object_or_404(reports_for(user), pk=report_id)


def report_of_run_for(user: Viewer, run_id: UUID) -> Report:
    """Return the newest version of the report of a run."""
    found = reports_for(user).filter(run_id=run_id).order_by("-version").first()
    return found or get_object_or_404(Report.objects.none())


def is_held_back(user: Viewer, run_id: UUID) -> bool:
    """Tell whether a reading scheme keeps back the report of a run that the person may see."""
    made = Report.objects.filter(run_id=run_id, run__in=runs_for(user))
    return made.exists() and not reports_for(user).filter(run_id=run_id).exists()


def files_of(report: Report) -> list[ReportFile | Artefact]:
    """Return the files of this version: a reader's correction has its own, never the machine's."""
    if report.labels_path:
        return [*report.files.all()]
    return [*report.run.artefacts.all()]


def file_for(user: Viewer, report_id: UUID | str, name: str) -> ReportFile | Artefact:
    found = (file for file in files_of(report_for(user, report_id)) if file.name == name)
    file = next(found, None)
    if file is None:
        raise Http404
    return file


def may_sign(user: Viewer, report: Report) -> bool:
    """Tell whether the person reads for this site; an administrator does not by that alone."""
    if not isinstance(user, User) or not user.is_active:
        return False
    study = report.study
    held = Membership.objects.filter(user=user, trial=study.trial_id, role=Role.READER)
    return held.filter(Q(site=None) | Q(site=study.site_id)).exists()


def readable_report_for(user: Viewer, report_id: UUID | str) -> Report:
    """Fetch a report that the person may write about and sign."""
    report = report_for(user, report_id)
    if not may_sign(user, report):
        raise PermissionDenied
    return report
