from __future__ import annotations

import pytest

from analysis.errors import OutputFailed
from portal.audit.models import AuditEvent
from portal.reports.documents import liver_report
from portal.reports.models import Report
from portal.reports.services import create_report
from portal.runs import storage
from portal.runs.models import AnalysisRun
from portal.runs.services import run_succeeded
from tests.portal.reports.conftest import TRUE_R2STAR, Analysed


def test_a_succeeded_run_gets_its_report(run: AnalysisRun) -> None:
    run_succeeded.send(sender=AnalysisRun, run=run)
    assert Report.objects.get(run=run).version == 1


def test_the_columns_repeat_the_numbers_of_the_document(report: Report, results: Analysed) -> None:
    mean = results.report.get("PDFF", "liver")
    assert mean is not None
    assert report.pdff_percent == mean.value
    assert report.r2star_per_s == pytest.approx(TRUE_R2STAR)
    assert report.sha256 == report.run.artefacts.get(name="report.json").sha256


def test_a_second_call_returns_the_same_report(run: AnalysisRun) -> None:
    assert create_report(run).pk == create_report(run).pk
    assert Report.objects.count() == 1
    assert AuditEvent.objects.filter(action="report-created").count() == 1


def test_a_changed_document_is_refused(report: Report) -> None:
    path = storage.absolute(report.path)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"12", b"13"))
    with pytest.raises(OutputFailed, match="was changed"):
        liver_report(report)
