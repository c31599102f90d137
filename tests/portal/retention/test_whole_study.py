"""A study with everything that a blinded read and a second visit hang on it goes as a whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from portal.audit.services import verify
from portal.errors import PortalError
from portal.reports.models import Comparison, ReadingCase, Report, Roi, Signature
from portal.reports.reading_services import correct_outline, decide, save_reading, sign_reading
from portal.retention.models import DeletionRecord
from portal.retention.plans import plan_for
from portal.retention.services import delete_study
from portal.runs import storage
from portal.studies.models import Study
from tests.portal.reports.conftest import Analysed, labels, results
from tests.portal.reports.reading_world import World, build_world, case_of, plant, read_and_sign
from tests.portal.retention.test_services import rows_in_the_database

__all__ = ["results"]  # the fixture
State = Comparison.State


@pytest.fixture
def world(db: None, results: Analysed, tmp_path: Path) -> World:
    return build_world(results, tmp_path)


def read_to_the_end(world: World, report: Report) -> ReadingCase:
    """Two readers differ, one of them with an outline of her own; the adjudicator picks one."""
    case = case_of(report)
    ron, rita = world.give(case, "ron"), world.give(case, "rita")
    outline = labels()[::-1, ::-1]
    outline[:, :, 7:] = 0
    correct_outline(rita, outline, "Too high.", by=rita.reader)
    rita.refresh_from_db()
    plant(ron, world, 3.0, 40.0)
    read_and_sign(ron)
    read_and_sign(rita)
    decision = world.give(case, "adam")
    decide(decision, ron, by=decision.reader)
    save_reading(decision, "Ron is right.", "good", "", by=decision.reader)
    sign_reading(decision, by=decision.reader)
    return ReadingCase.objects.get(pk=case.pk)


def compared(baseline: Report, follow_up: Report) -> tuple[Comparison, Path]:
    """Return a comparison as a worker leaves it, and its file."""
    comparison = Comparison.objects.create(
        key=f"{baseline.pk}{follow_up.pk}"[:64],
        baseline=baseline,
        follow_up=follow_up,
        state=State.SUCCEEDED,
        token=1,
        output_sha256="c" * 64,
        requested_by=baseline.study.upload.created_by,
    )
    file = storage.comparison_folder(follow_up.run_id, comparison.pk) / "1" / "value.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    return comparison, file


def delete(study: Study, world: World) -> DeletionRecord:
    mia = world.person("mia")
    return delete_study(study, plan_sha256=plan_for(study).sha256, reason="Over.", by=mia)


def lost(before: dict[str, int]) -> dict[str, int]:
    after = rows_in_the_database()
    return {name: before[name] - after[name] for name in before if before[name] > after[name]}


def test_a_study_read_by_three_goes_with_its_readings_and_nothing_else(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    world.scheme()
    case, other = read_to_the_end(world, world.report()), case_of(world.report("KX-2"))
    world.give(other, "ron")
    assert case.final is not None  # case and final reading refer to one another
    Roi.objects.create(
        report=case.final.report,
        number=1,
        kind=Roi.Kind.CIRCLE,
        name="ROI 1",
        voxels=[1],
        centre=[1, 0, 0],
        values={},
        made_by=case.final.reader,
    )
    before, plan = rows_in_the_database(), plan_for(case.study)
    run_folder = storage.run_folder(case.report.run_id)
    folders = [run_folder, *(storage.root() / "reports" / str(each) for each in plan.report_ids)]
    assert len([each for each in folders if each.exists()]) == 2  # of the run, of the outline
    assert plan.rows["reports.ReadingCase"] == 1
    assert plan.rows["reports.Reading"] == plan.rows["reports.Signature"] == 3
    assert plan.rows["reports.Roi"] == 1
    signed = {*Signature.objects.values_list("signature_sha256", flat=True)}
    corrected = {*Report.objects.exclude(labels_sha256="").values_list("labels_sha256", flat=True)}
    with django_capture_on_commit_callbacks(execute=True):
        record = delete(case.study, world)
    assert lost(before) == plan.rows | {"studies.StoredFile": 1}
    assert {*record.contents["signatures_sha256"]} == signed
    assert {*record.contents["labels_sha256"]} == corrected != set()
    assert [*ReadingCase.objects.all()] == [other]
    assert not [each for each in folders if each.exists()]
    connection.check_constraints()  # nothing points into the void
    assert verify() == []


@pytest.mark.parametrize("of_baseline", [True, False])
def test_a_comparison_goes_with_either_visit(
    world: World,
    of_baseline: bool,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    first, second, third = (world.report(visit=f"Month {n}") for n in (1, 2, 3))
    comparison, file = compared(first, second)
    kept, kept_file = compared(second if of_baseline else first, third)
    gone, stays = (first, second) if of_baseline else (second, first)
    with django_capture_on_commit_callbacks(execute=True):
        record = delete(gone.study, world)
    assert record.contents["comparisons"] == [
        {
            "comparison_id": str(comparison.pk),
            "run_id": str(second.run_id),
            "output_sha256": "c" * 64,
        }
    ]
    assert [*Comparison.objects.all()] == [kept]
    assert kept_file.exists()
    assert not file.exists()
    assert not storage.comparison_folder(second.run_id, comparison.pk).exists()
    assert storage.run_folder(stays.run_id).is_dir()
    connection.check_constraints()


@pytest.mark.parametrize("of_baseline", [True, False])
def test_a_study_that_is_being_compared_stays(world: World, of_baseline: bool) -> None:
    first, second = (world.report(visit=f"Month {n}") for n in (1, 2))
    comparison, _ = compared(first, second)
    study = (first if of_baseline else second).study

    def working_until(lease: datetime) -> None:
        rows = Comparison.objects.filter(pk=comparison.pk)
        rows.update(state=State.RUNNING, lease_until=lease)

    working_until(timezone.now() + timedelta(minutes=5))
    with pytest.raises(PortalError, match="try again in some minutes") as refused:
        delete(study, world)
    assert refused.value.code == "in-comparison"
    assert Study.objects.filter(pk=study.pk).exists()
    working_until(timezone.now() - timedelta(seconds=1))  # its worker is dead
    delete(study, world)
    assert not Comparison.objects.exists()
