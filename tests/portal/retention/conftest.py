from __future__ import annotations

import pytest

from portal.reports.models import Impression, Report, ReportFile, Signature
from portal.runs.models import AnalysisRun, Artefact, RunState
from portal.runs.services import start_run
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.runs.conftest import upload_study


@pytest.fixture
def study(cast: Cast) -> Study:
    """A study that was analysed, corrected and signed; its second version amends the first."""
    study = upload_study(cast.north, cast.uma, {"IM1": b"one", "IM2": b"two"}, "S-1")
    run = start_run(study, cast.uma)
    AnalysisRun.objects.filter(pk=run.pk).update(state=RunState.SUCCEEDED)
    file = {"media_type": "text/plain", "size_bytes": 5, "path": "x"}
    Artefact.objects.create(run=run, stage="export", name="a", sha256="a" * 64, **file)
    first = Report.objects.create(run=run, study=study, version=1, sha256="1" * 64)
    second = Report.objects.create(run=run, study=study, version=2, sha256="2" * 64, amends=first)
    ReportFile.objects.create(report=second, name="b", sha256="b" * 64, **file)
    Impression.objects.create(report=second, text="Steatosis.", written_by=cast.rosa)
    Signature.objects.create(
        report=second,
        signer=cast.rosa,
        printed_name="Rosa",
        email=cast.rosa.email,
        meaning="read",
        signed_at=study.received_at,
        record_sha256="3" * 64,
        signature_sha256="4" * 64,
    )
    return study
