"""The same study through the portal: uploaded, run stage by stage, reported with equal numbers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from portal.reports.models import Report
from portal.runs import outbox
from portal.runs.codec import write_value
from portal.runs.execution import run_stage
from portal.runs.models import AnalysisRun, RunState, StageState
from portal.runs.pipeline import STAGES
from portal.runs.selectors import result_of
from portal.runs.services import start_run
from portal.runs.storage import absolute
from portal.studies.models import Study
from tests.end_to_end.conftest import Analyse
from tests.portal.conftest import Cast, cast, storage_folder
from tests.portal.runs.received import upload_study

__all__ = ["cast", "storage_folder"]  # fixtures of the portal's tests, used here too
pytestmark = [pytest.mark.model, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def study(cast: Cast, simulated: Path) -> Study:
    root = simulated / "dicom"
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
    return upload_study(cast.north, cast.uma, files)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stages that were handed to the broker, which here is a list."""
    calls: list[str] = []

    def send_task(name: str, *, kwargs: dict[str, str], **options: Any) -> None:
        if "stage" in kwargs:  # what people are told travels the same way
            calls.append(kwargs["stage"])

    monkeypatch.setattr(outbox.app, "send_task", send_task)
    return calls


def measured(report: dict[str, Any]) -> dict[tuple[str, str, str], float]:
    return {
        (row["quantity"], row["region"], row["statistic"]): row["value"]
        for row in report["measurements"]
    }


def test_the_portal_reports_what_the_command_line_reports(
    study: Study, cast: Cast, woken: list[str], simulated: Path, analyse: Analyse
) -> None:
    run = start_run(study, cast.uma)
    for name in woken:  # grows while it is walked
        assert run_stage(run.pk, name)
        check_that_it_can_be_stored_again(run, name, simulated)
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED
    assert sorted(woken) == sorted(stage.name for stage in STAGES)

    report = Report.objects.get(run=run)
    document = absolute(report.path).read_bytes()
    assert hashlib.sha256(document).hexdigest() == report.sha256
    from_command_line = analyse(simulated / "dicom").report()
    assert measured(json.loads(document)) == pytest.approx(measured(from_command_line), rel=1e-5)
    assert report.pdff_percent == pytest.approx(result_of(run, "report").get("PDFF", "liver").value)

    used = run.stages.get(stage="segment").manifest["models"]
    assert len(used) == 2, "one that finds the liver, one that draws it"
    assert {model["sha256"] for model in used} == set(
        run.model_versions.values_list("sha256", flat=True)
    )


def check_that_it_can_be_stored_again(run: AnalysisRun, name: str, simulated: Path) -> None:
    """A result that was written, read and written again is the same, for every type there is."""
    stage = next(stage for stage in STAGES if stage.name == name)
    row = run.stages.get(stage=name)
    assert row.state == StageState.SUCCEEDED
    if name == STAGES[-1].name:
        return  # at the end of a run what repeats its input is gone
    again = write_value(result_of(run, name), stage.output, simulated.parent / f"again-{name}")
    assert again == row.output_sha256
