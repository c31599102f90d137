from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import UnusableInput
from portal.runs.stage import AnalyseOptions, Stage, StageJob, walk
from tests.portal.runs.toy_stages import TOY_STAGES, Images, Number


def job(tmp_path: Path) -> StageJob:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.dcm").touch()
    (tmp_path / "out").mkdir()
    return StageJob(tmp_path / "in", tmp_path / "out", AnalyseOptions())


def test_every_stage_is_walked_in_order_and_timed(tmp_path: Path) -> None:
    seen: list[tuple[str, float, str]] = []
    results, records = walk(
        TOY_STAGES,
        job(tmp_path),
        lambda stage, part, words: seen.append((stage.name, part, words)),
        keep=frozenset({"segment"}),
    )
    assert [record.name for record in records] == ["ingest", "segment", "map", "export"]
    assert results == {"segment": Number(28.0)}
    assert seen[0] == ("ingest", 0.0, "")
    assert ("map", 0.5, "half way") in seen
    assert seen[-1] == ("export", 1.0, "")
    assert (tmp_path / "out" / "report.json").is_file()


def test_a_failing_stage_ends_the_walk(tmp_path: Path) -> None:
    def broken(job: StageJob) -> Images:
        raise UnusableInput("There are no images.", code="empty")

    first = TOY_STAGES[0]
    stages = (
        Stage(first.name, first.title, broken, (), first.queue, first.soft_time_limit_s),
        *TOY_STAGES[1:],
    )
    with pytest.raises(UnusableInput):
        walk(stages, job(tmp_path), lambda stage, part, words: None)
    assert not (tmp_path / "out" / "report.json").exists()


def test_the_type_of_a_result_is_the_return_type_of_the_function() -> None:
    assert [stage.output for stage in TOY_STAGES[:2]] == [Images, Number]
