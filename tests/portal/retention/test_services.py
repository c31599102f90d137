from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from pytest_django import DjangoCaptureOnCommitCallbacks

from portal.audit.models import AuditEvent
from portal.audit.services import verify
from portal.errors import PortalError
from portal.reports.models import Report, Signature
from portal.retention.models import DeletionRecord, RetentionPolicy
from portal.retention.plans import plan_for
from portal.retention.rows import rows_of
from portal.retention.services import delete_study, place_hold, release_hold, set_policy
from portal.runs import storage
from portal.runs.models import AnalysisRun, RunState
from portal.studies.models import StoredFile, Study, Upload, UploadFile
from portal.studies.tidying import tidy
from tests.portal.conftest import Cast
from tests.portal.runs.conftest import upload_study

WHY = "The time that the protocol gives is over."


def delete(study: Study, cast: Cast) -> DeletionRecord:
    return delete_study(study, plan_sha256=plan_for(study).sha256, reason=WHY, by=cast.ada)


def rows_in_the_database() -> dict[str, int]:
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("portal.")
    }


def test_a_dry_run_names_everything_and_removes_nothing(study: Study) -> None:
    before = rows_in_the_database()
    plan = plan_for(study)
    assert plan.rows["reports.Report"] == 2
    assert plan.rows["reports.Signature"] == 1
    assert plan.rows["studies.UploadFile"] == 2
    assert [line.size_bytes for line in plan.received] == [3, 3]
    assert {line.sha256 for line in plan.results} == {"a" * 64, "b" * 64}
    assert plan.signatures_sha256 == ("4" * 64,)
    assert plan.freed_bytes == 3 + 3 + 5 + 5
    assert rows_in_the_database() == before


def test_a_study_goes_with_all_that_hangs_on_it_and_nothing_else(study: Study, cast: Cast) -> None:
    other = upload_study(cast.south, cast.uwe, {"IM": b"other"}, "S-2")
    before = rows_in_the_database()
    planned = plan_for(study).rows
    delete(study, cast)
    after = rows_in_the_database()
    gone = {label: before[label] - after[label] for label in before if before[label] > after[label]}
    assert gone == planned | {"studies.StoredFile": 2}
    assert [*Study.objects.all()] == [other]
    connection.check_constraints()  # nothing points into the void
    assert verify() == []


def test_the_record_says_what_who_and_why_with_hashes(study: Study, cast: Cast) -> None:
    plan = plan_for(study)
    record = delete(study, cast)
    assert (record.deleted_by, record.reason) == (cast.ada, WHY)
    assert record.contents == plan.as_json()
    assert record.contents_sha256 == plan.sha256
    assert record.contents["signatures_sha256"] == ["4" * 64]
    event = AuditEvent.objects.get(action="study-deleted")
    assert event.old["contents_sha256"] == record.contents_sha256
    assert event.new == {"study": str(plan.study_id), "reason": WHY}
    assert json.dumps(record.contents)


def test_content_that_another_upload_has_stays(study: Study, cast: Cast) -> None:
    twin = upload_study(cast.north, cast.uma, {"IM1": b"one", "IM9": b"nine"}, "S-3")
    plan = plan_for(study)
    assert [line.is_shared for line in sorted(plan.received, key=lambda x: x.is_shared)] == [
        False,
        True,
    ]
    delete(study, cast)
    assert StoredFile.objects.count() == 2
    assert UploadFile.objects.filter(upload=twin.upload_id, stored__isnull=False).count() == 2


def test_results_and_content_leave_the_disc(
    study: Study,
    cast: Cast,
    storage_folder: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    plan = plan_for(study)
    report = plan.report_ids[0]
    made = [
        storage.run_folder(plan.run_ids[0]) / "export" / "1" / "a.txt",
        storage.root() / "reports" / str(report) / "b.txt",
        storage.root() / "shown" / "drawing" / str(report) / "c.png",
    ]
    for path in made:
        path.parent.mkdir(parents=True)
        path.write_text("result")
    with django_capture_on_commit_callbacks(execute=True):
        delete(study, cast)
    assert [path.exists() for path in made] == [False] * 3
    assert tidy(youngest_orphan_s=-5).files == 2
    assert not [path for path in (storage_folder / "sha256").rglob("*") if path.is_file()]


@pytest.mark.parametrize("of_study", [True, False])
def test_a_hold_keeps_it_until_it_is_released(study: Study, cast: Cast, of_study: bool) -> None:
    hold = place_hold(
        study.trial, study=study if of_study else None, reason="A court asks.", by=cast.ada
    )
    with pytest.raises(PortalError, match="A court asks"):
        delete(study, cast)
    assert Report.objects.count() == 2
    release_hold(hold, by=cast.ada)
    release_hold(hold, by=cast.ada)
    delete(study, cast)
    actions = AuditEvent.objects.values_list("action", flat=True)
    assert [*actions].count("hold-released") == 1


def test_the_hold_on_another_study_keeps_only_that(study: Study, cast: Cast) -> None:
    other = upload_study(cast.north, cast.uma, {"IM": b"other"}, "S-2")
    place_hold(other.trial, study=other, reason="A court asks.", by=cast.ada)
    delete(study, cast)
    with pytest.raises(PortalError, match="legal hold"):
        delete(other, cast)


def test_a_study_of_another_trial_is_not_held_here(study: Study, cast: Cast) -> None:
    with pytest.raises(ValueError, match="another trial"):
        place_hold(cast.elsewhere.trial, study=study, reason="A court asks.", by=cast.ada)


def test_a_study_that_is_being_analysed_stays(study: Study, cast: Cast) -> None:
    AnalysisRun.objects.update(state=RunState.RUNNING)
    with pytest.raises(PortalError, match="cancel the analysis first"):
        delete(study, cast)


def test_a_plan_that_is_out_of_date_is_refused(study: Study, cast: Cast) -> None:
    looked_at = plan_for(study).sha256
    Signature.objects.update(signature_sha256="5" * 64)
    with pytest.raises(PortalError, match="look again") as refused:
        delete_study(study, plan_sha256=looked_at, reason=WHY, by=cast.ada)
    assert refused.value.code == "plan-old"
    assert Study.objects.filter(pk=study.pk).exists()


def test_the_same_study_can_be_sent_again_afterwards(study: Study, cast: Cast) -> None:
    delete(study, cast)
    again = upload_study(cast.north, cast.uma, {"IM1": b"one", "IM2": b"two"}, "S-1")
    assert again.pk != study.pk
    assert Upload.objects.count() == 1


def test_a_policy_has_versions_on_record(cast: Cast) -> None:
    set_policy(cast.trial, keep_days=10, counts_from="received", reason="GCP", by=cast.ada)
    set_policy(cast.trial, keep_days=None, counts_from="closed", reason="GCP", by=cast.ada)
    assert RetentionPolicy.objects.get().version == 2
    event = AuditEvent.objects.filter(action="retention-changed").last()
    assert event is not None
    assert event.old == {"keep_days": 10, "counts_from": "received"}


def tables_that_refer_to(label: str) -> set[str]:
    found: set[str] = set()
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            target = field.related_model if field.concrete and not field.many_to_many else None
            if isinstance(target, type) and target._meta.label == label:
                found.add(model._meta.label)
    return found


def test_no_table_that_refers_to_a_study_is_missed(study: Study) -> None:
    """A relation that a later table brings is walked as well: the walk reads the models."""
    reached = {model._meta.label for model in rows_of(study)}
    direct = tables_that_refer_to("studies.Study")
    assert {"runs.AnalysisRun", "reports.Report"} <= direct
    with_rows = {label for label in direct if apps.get_model(label)._base_manager.exists()}
    assert with_rows <= reached
