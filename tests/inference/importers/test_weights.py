from __future__ import annotations

import pathlib
from pathlib import Path

import numpy as np
import pytest
import torch

from analysis.errors import ModelError
from inference.importers.weights import load_weights, read_checkpoint


class Touch:
    """A pickle that creates a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return pathlib.Path.touch, (self.path,)


def test_numbers_of_training_logs_need_no_trust(tmp_path: Path) -> None:
    logs = {"dice": [np.float64(0.5), np.float32(0.25)], "epoch": np.int64(3)}
    torch.save({"weights": torch.ones(2), "logging": logs}, tmp_path / "c.pth")
    content = read_checkpoint(tmp_path / "c.pth")
    assert content["logging"] == logs


def test_a_checkpoint_with_a_program_is_refused_and_not_run(tmp_path: Path) -> None:
    torch.save({"weights": Touch(tmp_path / "ran")}, tmp_path / "c.pth")
    with pytest.raises(ModelError, match="import it again with --trust") as caught:
        read_checkpoint(tmp_path / "c.pth")
    assert caught.value.code == "model-checkpoint-untrusted"
    assert not (tmp_path / "ran").exists()
    read_checkpoint(tmp_path / "c.pth", trust=True)
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [None, b"", b"no checkpoint at all"])
def test_a_missing_or_damaged_checkpoint_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "c.pth"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"c\.pth"):
        read_checkpoint(path)


def test_a_checkpoint_of_a_list_is_refused(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "c.pth")
    with pytest.raises(ModelError, match="missing or damaged"):
        read_checkpoint(tmp_path / "c.pth")


def test_compiled_networks_lose_their_prefix() -> None:
    layer = torch.nn.Linear(1, 1)
    load_weights(layer, {"_orig_mod.weight": torch.full((1, 1), 7.0), "bias": torch.zeros(1)})
    assert layer.weight.item() == 7
