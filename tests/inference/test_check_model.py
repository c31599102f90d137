from __future__ import annotations

import json
from pathlib import Path

import pytest

from inference.catalogue import ModelSpec
from inference.check_model import main


def test_a_model_that_answers_passes(spec: ModelSpec) -> None:
    assert main([str(spec.path.parent)]) == 0


def test_a_folder_without_a_model_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_an_altered_file_is_not_run(spec: ModelSpec, capsys: pytest.CaptureFixture[str]) -> None:
    spec.path.write_bytes(b"not a network")
    assert main([str(spec.path.parent)]) == 2
    assert "not the one its card describes" in capsys.readouterr().err


def test_a_label_beyond_the_channels_is_a_fault_of_the_card(
    spec: ModelSpec, capsys: pytest.CaptureFixture[str]
) -> None:
    card = spec.path.parent / "card.json"
    content = json.loads(card.read_text())
    content["labels"]["12"] = "segment_8"
    card.write_text(json.dumps(content))
    assert main([str(spec.path.parent)]) == 2
    assert "fewer than its card names" in capsys.readouterr().err
