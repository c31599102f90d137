from __future__ import annotations

import dataclasses
import errno
import os
import shutil
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from analysis.errors import AnalysisError, OutputFailed, UnusableInput
from portal.runs import pipeline
from portal.runs.claims import claim_stage
from portal.runs.execution import run_stage
from portal.runs.models import AnalysisRun, OutboxMessage, RunState, StageRun, StageState
from portal.runs.outcomes import GIVEN_UP
from portal.runs.selectors import result_of
from portal.runs.services import cancel_run, retry_run, run_succeeded, start_run
from portal.runs.stage import Stage
from portal.runs.storage import absolute, run_folder
from portal.runs.sweeping import sweep
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.runs.broker_calls import Calls
from tests.portal.runs.toy_stages import Number

pytestmark = [pytest.mark.django_db(transaction=True)]
ORDER = ("ingest", "segment", "map", "export")


@pytest.fixture
def run(study: Study, cast: Cast, broker: Calls, toy_stages: tuple[Stage, ...]) -> AnalysisRun:
    return start_run(study, cast.uma)


def replace_function(monkeypatch: pytest.MonkeyPatch, name: str, function: Any) -> None:
    function.__annotations__.setdefault("return", Number)
    stages = tuple(
        dataclasses.replace(stage, function=function) if stage.name == name else stage
        for stage in pipeline.STAGES
    )
    monkeypatch.setattr(pipeline, "STAGES", stages)


def raising(error: BaseException) -> Any:
    def stage(job: Any, *inputs: Any) -> Number:
        raise error

    return stage


def test_a_whole_run_succeeds_and_leaves_its_files(run: AnalysisRun) -> None:
    assert all(run_stage(run.pk, name) for name in ORDER)
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED
    assert result_of(run, "segment") == Number(28.0)
    artefact = run.artefacts.get()
    assert (artefact.name, artefact.media_type) == ("report.json", "application/json")
    assert absolute(artefact.path).read_text() == '{"sum": 28.0, "max": 7.0}'


def test_what_repeats_the_input_is_dropped_at_the_end_only(run: AnalysisRun) -> None:
    for name in ORDER[:-1]:
        run_stage(run.pk, name)
    assert (run_folder(run.pk) / "ingest").exists()
    run_stage(run.pk, ORDER[-1])
    assert sorted(path.name for path in run_folder(run.pk).iterdir()) == [
        "export",
        "map",
        "segment",
    ]


def test_ingest_sees_the_files_under_the_names_they_were_sent_with(run: AnalysisRun) -> None:
    run_stage(run.pk, "ingest")
    assert result_of(run, "ingest").names == ("one.dcm", "two.dcm")


def test_every_stage_has_a_manifest(run: AnalysisRun) -> None:
    for name in ORDER:
        run_stage(run.pk, name)
    rows = {row.stage: row for row in run.stages.all()}
    made = rows["export"].manifest
    assert made["inputs"] == {name: rows[name].output_sha256 for name in ("segment", "map")}
    assert made["output_sha256"] == rows["export"].output_sha256
    assert made["packages"]["numpy"]
    assert made["seconds"] >= 0


def test_a_message_delivered_twice_changes_nothing(run: AnalysisRun) -> None:
    assert run_stage(run.pk, "ingest")
    before = StageRun.objects.values().get(run=run, stage="ingest")
    assert not run_stage(run.pk, "ingest")
    assert StageRun.objects.values().get(run=run, stage="ingest") == before


def test_a_stage_that_is_not_due_is_not_run(run: AnalysisRun) -> None:
    assert not run_stage(run.pk, "export")


def test_only_one_of_two_workers_gets_a_stage(run: AnalysisRun) -> None:
    assert claim_stage(run.pk, "ingest") is not None
    assert claim_stage(run.pk, "ingest") is None


def test_the_last_of_two_parallel_stages_queues_the_next(run: AnalysisRun, broker: Calls) -> None:
    run_stage(run.pk, "ingest")
    run_stage(run.pk, "map")
    assert run.stages.get(stage="export").state == StageState.WAITING
    run_stage(run.pk, "segment")
    assert run.stages.get(stage="export").state == StageState.QUEUED
    assert broker.sent == [
        ("ingest", "cpu"),
        ("segment", "gpu"),
        ("map", "cpu"),
        ("export", "cpu"),
    ]


def test_progress_reaches_the_page_while_a_stage_runs(
    run: AnalysisRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.runs.heartbeat.BEAT_S", 0.01)
    seen: list[tuple[float, str]] = []

    def slow(job: Any, *inputs: Any) -> Number:
        job.progress(0.5, "half way")
        while not seen or seen[-1][0] == 0:
            row = StageRun.objects.get(run=run, stage="ingest")
            seen.append((row.progress, row.progress_text))
        return Number(1.0)

    replace_function(monkeypatch, "ingest", slow)
    run_stage(run.pk, "ingest")
    assert seen[-1] == (0.5, "half way")


def test_unusable_input_fails_the_run_with_its_sentence(
    run: AnalysisRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = UnusableInput("No MR images were found; send the MR study.", code="no-mr")
    replace_function(monkeypatch, "ingest", raising(error))
    assert not run_stage(run.pk, "ingest")
    run.refresh_from_db()
    assert (run.state, run.error_code) == (RunState.FAILED, "no-mr")
    assert run.error_message == "No MR images were found; send the MR study."


def test_a_fault_of_the_program_is_raised_and_told_without_its_inside(
    run: AnalysisRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_function(monkeypatch, "ingest", raising(ZeroDivisionError("secret path")))
    with pytest.raises(ZeroDivisionError):
        run_stage(run.pk, "ingest")
    run.refresh_from_db()
    assert (run.state, run.error_code) == (RunState.FAILED, "unexpected-error")
    assert str(run.pk) in run.error_message
    assert "secret" not in run.error_message


def test_a_stage_that_takes_too_long_says_so(
    run: AnalysisRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_function(monkeypatch, "ingest", raising(SoftTimeLimitExceeded()))
    assert not run_stage(run.pk, "ingest")
    run.refresh_from_db()
    assert run.error_code == "stage-too-slow"
    assert "1 minute" in run.error_message


def test_a_failure_that_may_pass_is_tried_again_and_then_reported(
    run: AnalysisRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_function(monkeypatch, "ingest", raising(OSError(errno.ENOSPC, "No space left")))
    for _ in range(2):
        assert not run_stage(run.pk, "ingest")
        run.refresh_from_db()
        assert run.state == RunState.RUNNING
        assert OutboxMessage.objects.get().stage_run.stage == "ingest"
    assert not run_stage(run.pk, "ingest")
    run.refresh_from_db()
    assert (run.state, run.error_code) == (RunState.FAILED, "disc-full")
    assert "no space left" in run.error_message


def test_a_failed_stage_leaves_nothing_on_the_disc(
    run: AnalysisRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_function(monkeypatch, "ingest", raising(UnusableInput("No.", code="no")))
    run_stage(run.pk, "ingest")
    assert not [path for path in run_folder(run.pk).rglob("*") if path.is_file()]


def test_a_cancelled_stage_stops_at_its_next_word_and_its_result_is_dropped(
    run: AnalysisRun, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.runs.heartbeat.BEAT_S", 0.01)
    steps: list[int] = []

    def endless(job: Any, *inputs: Any) -> Number:
        cancel_run(run, cast.uma)
        while True:
            steps.append(1)
            job.progress(0.1, "working")

    replace_function(monkeypatch, "ingest", endless)
    assert not run_stage(run.pk, "ingest")
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert run.stages.get(stage="ingest").output_sha256 == ""


def test_a_worker_that_was_thought_dead_cannot_write_over_its_successor(
    run: AnalysisRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first worker hangs, its lease ends, a second does the work; the first then wakes up."""
    calls: list[int] = []

    def hang_the_first_time(job: Any, *inputs: Any) -> Number:
        calls.append(1)
        if len(calls) == 1:
            row = run.stages.get(stage="ingest")
            StageRun.objects.filter(pk=row.pk).update(lease_until=row.started_at)
            assert sweep().put_back == 1
            assert run_stage(run.pk, "ingest")
            return Number(1.0)
        return Number(2.0)

    replace_function(monkeypatch, "ingest", hang_the_first_time)
    assert not run_stage(run.pk, "ingest")
    row = run.stages.get(stage="ingest")
    assert (row.state, row.fencing_token, row.attempts) == (StageState.SUCCEEDED, 2, 2)
    assert result_of(run, "ingest") == Number(2.0)


def test_what_stops_worker_after_worker_is_given_up(run: AnalysisRun) -> None:
    for _ in range(3):
        assert claim_stage(run.pk, "ingest") is not None  # and then the worker is killed
        StageRun.objects.filter(run=run, stage="ingest").update(worker="elsewhere:1")
        assert sweep().put_back == 0  # its lease still runs
        StageRun.objects.filter(run=run, stage="ingest").update(lease_until=run.created_at)
        assert sweep().put_back == 1
    run.refresh_from_db()
    assert (run.state, run.error_code) == (RunState.FAILED, GIVEN_UP)
    assert "3 times" in run.error_message
    assert claim_stage(run.pk, "ingest") is None


def test_a_worker_that_died_on_this_machine_is_noticed_at_once(run: AnalysisRun) -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    claim_stage(run.pk, "ingest")
    row = run.stages.get(stage="ingest")
    name = f"{row.worker.rpartition(':')[0]}:{child}"
    StageRun.objects.filter(pk=row.pk).update(worker=name)
    assert sweep().put_back == 1
    row.refresh_from_db()
    assert row.state == StageState.QUEUED


def test_a_damaged_result_is_refused_and_a_retry_says_so(run: AnalysisRun) -> None:
    run_stage(run.pk, "ingest")
    shutil.rmtree(run_folder(run.pk) / "ingest")
    assert not run_stage(run.pk, "segment")
    run.refresh_from_db()
    assert (run.state, run.error_code) == (RunState.FAILED, "stored-result-damaged")


@dataclasses.dataclass(frozen=True, slots=True)
class NumberWithUnit:
    value: float
    unit: str


def number_with_unit(job: Any, images: Any) -> NumberWithUnit:
    return NumberWithUnit(float(images.voxels.sum()), "ml")


def write_with_unit(job: Any, segment: NumberWithUnit, mapped: Number) -> Number:
    return Number(segment.value + mapped.value)


def test_a_result_of_an_earlier_version_is_made_again(
    run: AnalysisRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two stages the program is replaced by one whose type of the first result differs."""
    for name in ("ingest", "segment", "map"):
        run_stage(run.pk, name)
    replace_function(monkeypatch, "segment", number_with_unit)
    replace_function(monkeypatch, "export", write_with_unit)
    assert not run_stage(run.pk, "export")
    states = dict(run.stages.values_list("stage", "state"))
    assert states == {
        "ingest": StageState.SUCCEEDED,
        "segment": StageState.QUEUED,
        "map": StageState.SUCCEEDED,
        "export": StageState.WAITING,
    }
    assert all(run_stage(run.pk, name) for name in ("segment", "export"))
    run.refresh_from_db()
    assert run.state == RunState.SUCCEEDED
    assert result_of(run, "segment") == NumberWithUnit(28.0, "ml")


def test_what_stays_unreadable_fails_the_run_in_the_end(
    run: AnalysisRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ingest", "segment", "map"):
        run_stage(run.pk, name)
    StageRun.objects.filter(run=run, stage="segment").update(attempts=3)
    replace_function(monkeypatch, "segment", number_with_unit)
    assert not run_stage(run.pk, "export")
    run.refresh_from_db()
    assert (run.state, run.error_code) == (RunState.FAILED, "stored-result-outdated")
    assert "another version" in run.error_message


def test_a_failed_run_goes_on_where_it_stopped(
    run: AnalysisRun, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = pipeline.STAGES
    run_stage(run.pk, "ingest")
    replace_function(monkeypatch, "map", raising(AnalysisError("Not now.", code="x")))
    run_stage(run.pk, "map")
    assert run_stage(run.pk, "segment") is False  # a failed run does not go on by itself
    monkeypatch.setattr(pipeline, "STAGES", stages)
    retry_run(run, cast.uma)
    assert not run_stage(run.pk, "ingest")
    assert all(run_stage(run.pk, name) for name in ("segment", "map", "export"))
    run.refresh_from_db()
    assert (run.state, run.error_code) == (RunState.SUCCEEDED, "")


def test_success_is_told_in_its_own_transaction(run: AnalysisRun) -> None:
    told: list[AnalysisRun] = []

    def listen(sender: type, run: AnalysisRun, **kwargs: object) -> None:
        told.append(run)
        raise OutputFailed("The report could not be kept.", code="x", permanent=True)

    run_succeeded.connect(listen)
    try:
        for name in ORDER:
            run_stage(run.pk, name)
    finally:
        run_succeeded.disconnect(listen)
    run.refresh_from_db()
    assert [each.pk for each in told] == [run.pk]
    assert run.state == RunState.FAILED


def test_files_of_an_unfinished_claim_are_removed(run: AnalysisRun) -> None:
    left = run_folder(run.pk) / "ingest" / "7" / "files"
    left.mkdir(parents=True)
    run_stage(run.pk, "ingest")
    assert [path.name for path in (run_folder(run.pk) / "ingest").iterdir()] == ["1"]
