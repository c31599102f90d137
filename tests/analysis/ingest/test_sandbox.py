from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.errors import UnusableInput
from analysis.ingest import sandbox as sandbox_module
from analysis.ingest.options import ReadLimits
from analysis.ingest.sandbox import PROGRAM_BY_TASK, Program, Sandbox

PROGRAM = Program("tests.analysis.ingest.misbehaving_task")
LIMITS = ReadLimits(child_cpu_seconds=1, child_memory_bytes=2 * 1024**3)


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox whose program does what its items say: answer, die, eat memory or time."""
    monkeypatch.setitem(sandbox_module.PROGRAM_BY_TASK, "misbehave", PROGRAM)
    return Sandbox(tmp_path, LIMITS)


def run(sandbox: Sandbox, *deeds: str) -> list[str]:
    answers = sandbox.run("misbehave", [{"deed": deed} for deed in deeds])
    return [answer.error or json.dumps(answer.value) for answer in answers]


def test_answers_come_in_the_order_of_the_items(sandbox: Sandbox) -> None:
    deeds = [f"say {number}" for number in range(60)]

    assert run(sandbox, *deeds) == [f'"say {number}"' for number in range(60)]


def test_an_item_that_kills_its_process_costs_only_itself(sandbox: Sandbox) -> None:
    answers = run(sandbox, "say a", "die", "say b")

    assert answers == ['"say a"', "reading it stopped the reading program", '"say b"']


def test_an_unexpected_error_costs_only_its_item(sandbox: Sandbox) -> None:
    answers = run(sandbox, "raise", "say b")

    assert answers == ["reading it stopped the reading program", '"say b"']


def test_memory_is_bounded(sandbox: Sandbox) -> None:
    answers = run(sandbox, "eat memory", "say b")

    assert answers == ["reading it needs more memory than any MR image", '"say b"']


def test_time_is_bounded(sandbox: Sandbox) -> None:
    answers = run(sandbox, "eat time", "say b")

    assert answers == ["reading it stopped the reading program", '"say b"']


def test_what_a_decoder_prints_is_no_answer(sandbox: Sandbox) -> None:
    assert run(sandbox, "print", "say b") == ['"print"', '"say b"']


def test_a_full_disc_is_no_fault_of_the_item(sandbox: Sandbox) -> None:
    with pytest.raises(OSError, match="No space left"):
        run(sandbox, "fill the disc")


def test_too_many_deaths_end_the_attempt(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "MAX_DEATHS", 2)
    with pytest.raises(UnusableInput, match="transfer is damaged") as caught:
        run(sandbox, *["die"] * 4)

    assert caught.value.code == "too-many-damaged-files"


def test_progress_counts_every_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sandbox_module.PROGRAM_BY_TASK, "misbehave", PROGRAM)
    counted: list[int] = []
    sandbox = Sandbox(tmp_path, LIMITS, counted.append)

    run(sandbox, "say a", "say b", "say c")

    assert sum(counted) == 3


def test_headers_are_read_without_arrays_decoders_or_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The packages are hidden before pydicom looks for them, so none of their code is loaded."""
    hidden = PROGRAM_BY_TASK["headers"].without
    program = Program("tests.analysis.ingest.loaded_packages_task", hidden)
    monkeypatch.setitem(sandbox_module.PROGRAM_BY_TASK, "loaded", program)
    (answer,) = Sandbox(tmp_path, LIMITS).run("loaded", [{}])

    assert "pydicom" in answer.value
    assert not {"numpy", "gdcm", "PIL", "requests", "nibabel"} & set(answer.value)
