from __future__ import annotations

import inspect
from typing import get_type_hints

import pytest

from portal.runs.pipeline import STAGES, find_stage
from portal.runs.stage import Stage, StageJob
from tests.conftest import REPOSITORY

NAMES = tuple(stage.name for stage in STAGES)


@pytest.mark.parametrize("stage", STAGES, ids=NAMES)
def test_the_types_of_the_rows_form_a_chain(stage: Stage) -> None:
    """Each argument of a stage has the very type that the stage it names returns."""
    function = stage.load()
    hints = get_type_hints(function)
    names = list(inspect.signature(function).parameters)
    wanted = [hints[name] for name in names]
    assert wanted == [StageJob, *(find_stage(name).output for name in stage.inputs)]
    assert hints["return"] == stage.output


@pytest.mark.parametrize("stage", STAGES, ids=NAMES)
def test_a_stage_needs_only_earlier_ones(stage: Stage) -> None:
    assert set(stage.inputs) <= set(NAMES[: NAMES.index(stage.name)])


@pytest.mark.parametrize("stage", STAGES, ids=NAMES)
def test_every_stage_is_in_the_readmes(stage: Stage) -> None:
    for readme in ("README.md", "portal/runs/README.md"):
        assert f"| {stage.name} |" in (REPOSITORY / readme).read_text(encoding="utf-8")


def test_the_path_is_the_designed_one() -> None:
    assert NAMES == ("ingest", "select", "segment", "map", "quantify", "report", "export")


def test_only_the_first_stage_reads_the_source() -> None:
    assert [stage.name for stage in STAGES if not stage.inputs] == ["ingest"]
