"""One of everything in the portal, for tests that walk all of its routes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.accounts.invitations import invite
from portal.accounts.saved_views import save_view
from portal.accounts.services import create_token
from portal.notifications.services import add_webhook
from portal.reports.models import Reading, Report
from portal.reports.reading_assignment import assign, open_case
from portal.retention.services import place_hold
from portal.runs.models import AnalysisRun
from portal.studies import transfers
from portal.studies.manifest import EMPTY_SHA256, ManifestLine
from portal.studies.models import Study, Upload
from portal.studies.services import complete_upload, open_upload
from portal.trials.models import InvitedMembership, Membership, RescanRequest, Role, Site
from portal.trials.rescans import ask_for_rescan
from portal.trials.schemes import set_scheme
from portal.trials.services import add_member, create_site, create_trial, invite_member
from tests.portal.conftest import Cast, line


@dataclass(frozen=True, slots=True)
class World:
    """One of everything, sent by the north site."""

    cast: Cast
    keys: dict[str, Any]


def bare_report(study: Study) -> Report:
    """Return a report without files: enough for who may see it."""
    run = AnalysisRun.objects.create(study=study, created_by=study.upload.created_by)
    return Report.objects.create(run=run, study=study, version=1)


def build_world(cast: Cast, report_of: Callable[[Study], Report] = bare_report) -> World:
    upload = open_upload(cast.uma, cast.north, "S-002", "Baseline", [line("IM1", b"not sent yet")])
    about = {"upload": str(upload.pk), "kind": "bundle"}
    study = study_of_an_empty_file(cast)
    report = report_of(study)
    token, _ = create_token(cast.uma, "notebook")
    webhook, _ = add_webhook(cast.uma, "http://127.0.0.1:9/hook")
    rescan = ask_for_rescan(
        study.visit, RescanRequest.Source.READER, "Motion.", "Scan again.", by=cast.rosa
    )
    reading = blinded_reading(cast, report_of)
    keys = {
        "webhook": webhook.pk,
        "view": save_view(cast.uma, "work-list", "Mine", "state=failed").pk,
        "invitation": invite("new@example.org", by=cast.ada).pk,
        "hold": place_hold(cast.trial, reason="A court asks.", by=cast.ada).pk,
        "token_user": cast.uma.pk,
        "token": token.pk,
        "user": cast.sam.pk,
        "trial": cast.trial.pk,
        "site": cast.north.pk,
        "membership": Membership.objects.get(user=cast.uwe).pk,
        "promise": promised_role(cast).pk,
        "upload": upload.pk,
        "study": study.pk,
        "transfer": transfers.open_transfer(cast.uma, 10, about).pk,
        "run": report.run_id,
        "report": report.pk,
        "subject": study.subject_id,
        "rescan": rescan.pk,
        "reading": reading.pk,
        "blinded_trial": reading.case.study.trial_id,
        "text": "pdff",
        "number": 1,
    }
    return World(cast, keys)


def promised_role(cast: Cast) -> InvitedMembership:
    invite_member("promised@example.org", cast.trial, Role.READER, by=cast.tom)
    return InvitedMembership.objects.get(invitation__email="promised@example.org")


def study_of_an_empty_file(cast: Cast, site: Site | None = None) -> Study:
    empty = ManifestLine("empty", 0, EMPTY_SHA256)
    upload: Upload = open_upload(cast.uma, site or cast.north, "S-001", "Baseline", [empty])
    return complete_upload(upload)


def blinded_reading(cast: Cast, report_of: Callable[[Study], Report]) -> Reading:
    """Return a reading that Rosa was given in a trial with a reading scheme."""
    trial = create_trial("Blinded")
    study = study_of_an_empty_file(cast, create_site(trial, "Centre", code="C"))
    for person, role in (
        (cast.rosa, Role.READER),
        (cast.tom, Role.MANAGER),
        (cast.mona, Role.MONITOR),
    ):
        add_member(trial, person, role)
    set_scheme(trial, {}, by=cast.tom)
    case = open_case(report_of(study))
    assert case is not None
    return case.readings.first() or assign(case, cast.rosa, by=cast.tom)
