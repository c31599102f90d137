from __future__ import annotations

from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery
from portal.reports.models import Report
from portal.reports.notices import tell_report_ready
from portal.runs.models import AnalysisRun
from portal.runs.services import run_succeeded
from portal.trials.models import Membership
from tests.portal.conftest import Cast


def told() -> set[str]:
    ready = Delivery.objects.filter(kind=Kind.REPORT_READY)
    return {*ready.values_list("user__name", flat=True)}


def test_readers_and_who_asked_hear_of_a_new_report(run: AnalysisRun, cast: Cast) -> None:
    run_succeeded.send(sender=AnalysisRun, run=run)
    assert told() == {"Rosa", "Uma"}
    path = f"/reports/{Report.objects.get(run=run).pk}/"
    assert {*Delivery.objects.values_list("path", flat=True)} == {path}


def test_a_reader_of_another_site_or_trial_hears_nothing(report: Report, cast: Cast) -> None:
    Membership.objects.filter(user=cast.rosa).update(site=cast.south)
    tell_report_ready(report)
    assert told() == {"Uma"}


def test_who_may_no_longer_see_it_hears_nothing(report: Report, cast: Cast) -> None:
    Membership.objects.filter(user=cast.uma).delete()
    tell_report_ready(report)
    assert told() == {"Rosa"}
