from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from analysis.errors import ModelError
from inference.training import train as training
from inference.training.batches import make_batch, stored_body
from inference.training.framing import Framing
from inference.training.train import (
    Plan,
    learning_rate,
    patch_shape,
    read_checkpoint,
    resume_run,
    start_run,
    train,
    train_step,
)
from tests.inference.training.conftest import CPU

CHANNELS = (4, 6, 8)
NOT_ON_THE_TRAINING_MACHINE = ("SimpleITK", "nibabel", "pydicom", "trimesh", "onnx", "django")
SMALL = Framing("abdomen", (((64, 64, 64), 1.0),), around_liver=False, jitter_sd_mm=(0, 0, 0))
PLAN = Plan(minutes=1.0, schedule_minutes=1.0, seed=5)


def test_patches_keep_their_extent_at_any_voxel_size() -> None:
    assert patch_shape((384, 320, 192), 4.0, 16) == (96, 80, 48)
    assert patch_shape((384, 320, 192), 6.0, 16) == (64, 48, 32)


def test_the_rate_rises_to_its_peak_and_falls_to_almost_nothing() -> None:
    plan = replace(PLAN, schedule_minutes=100.0, warm_up=0.1)
    rates = [learning_rate(plan, minute) for minute in (0, 5, 10, 55, 100, 130)]
    assert rates[0] < rates[1] < rates[2] == pytest.approx(plan.peak_rate)
    assert rates[2] > rates[3] > rates[4] == rates[5]
    assert rates[4] < plan.peak_rate / 100


def test_steps_lower_the_loss_on_a_sample_seen_again(tiny_anatomy, random) -> None:
    run = start_run(CPU, PLAN, CHANNELS)
    images, segments = make_batch([stored_body(tiny_anatomy, CPU)], 2, (16, 16, 16), random)
    losses = [train_step(run, images, segments, 3e-3) for _ in range(15)]
    assert losses[-1] < 0.9 * losses[0]
    assert run.steps == 15


def test_the_average_follows_the_weights_slowly(tiny_anatomy, random) -> None:
    run = start_run(CPU, PLAN, CHANNELS)
    before = {name: value.clone() for name, value in run.average.items()}
    images, segments = make_batch([stored_body(tiny_anatomy, CPU)], 1, (16, 16, 16), random)
    train_step(run, images, segments, 1e-2)
    name = "stem.0.0.weight"
    moved = (run.average[name] - before[name]).norm()
    assert 0 < moved < (run.network.state_dict()[name] - before[name]).norm()


def test_a_resumed_training_goes_on_where_it_stopped(tmp_path, tiny_anatomy, random) -> None:
    run = start_run(CPU, PLAN, CHANNELS)
    images, segments = make_batch([stored_body(tiny_anatomy, CPU)], 1, (16, 16, 16), random)
    train_step(run, images, segments, 1e-3)
    run.elapsed_minutes = 0.4
    run.save(tmp_path / "checkpoint.pt", PLAN)
    again = resume_run(tmp_path / "checkpoint.pt", CPU, PLAN)
    assert (again.steps, again.elapsed_minutes) == (1, 0.4)
    second = train_step(run, images, segments, 1e-3), train_step(again, images, segments, 1e-3)
    assert second[0] == pytest.approx(second[1], rel=1e-4)
    for name, value in run.average.items():
        assert torch.allclose(value, again.average[name], atol=1e-6)


def test_training_stops_in_time_and_leaves_a_checkpoint(
    tmp_path, tiny_anatomy, monkeypatch
) -> None:
    monkeypatch.setattr(training, "FRAMINGS", {"abdomen": SMALL})
    plan = replace(PLAN, minutes=0.02, schedule_minutes=10.0)
    train(start_run(CPU, plan, CHANNELS), [stored_body(tiny_anatomy, CPU)], plan, tmp_path, CPU)
    state = read_checkpoint(tmp_path / "checkpoint.pt", CPU)
    assert state["steps"] > 0
    assert 0.02 <= state["elapsed_minutes"] < 1.0
    assert not list(tmp_path.glob("*.part"))


def test_training_needs_nothing_beyond_torch_numpy_and_scipy() -> None:
    blocked = "".join(f"sys.modules[{name!r}] = None; " for name in NOT_ON_THE_TRAINING_MACHINE)
    command = f"import sys; {blocked}import inference.training.train"
    subprocess.run([sys.executable, "-c", command], check=True, capture_output=True)


def test_a_step_without_a_finite_gradient_changes_no_weight(tiny_anatomy, random) -> None:
    run = start_run(CPU, PLAN, CHANNELS)
    images, segments = make_batch([stored_body(tiny_anatomy, CPU)], 1, (16, 16, 16), random)
    before = {name: value.clone() for name, value in run.network.state_dict().items()}
    images[0, 0, 3, 3, 3] = float("nan")
    assert math.isnan(train_step(run, images, segments, 1e-3))
    assert run.steps == 1
    for name, value in run.network.state_dict().items():
        assert torch.equal(value, before[name])
        assert torch.equal(run.average[name], before[name])
    images[0, 0, 3, 3, 3] = 0.5
    assert math.isfinite(train_step(run, images, segments, 1e-3))


def test_a_training_that_diverges_stops_and_says_so(tmp_path, tiny_anatomy, monkeypatch) -> None:
    monkeypatch.setattr(training, "FRAMINGS", {"abdomen": SMALL})
    monkeypatch.setattr(training, "make_batch", _spoilt_batch)
    plan = replace(PLAN, minutes=5.0, schedule_minutes=10.0)
    bodies = [stored_body(tiny_anatomy, CPU)]
    with pytest.raises(ModelError, match="diverged") as caught:
        train(start_run(CPU, plan, CHANNELS), bodies, plan, tmp_path, CPU)
    assert caught.value.code == "training-diverged"


def _spoilt_batch(*arguments: object) -> tuple[torch.Tensor, torch.Tensor]:
    nothing = torch.full((1, 1, 16, 16, 16), float("nan"))
    return nothing, torch.zeros((1, 16, 16, 16), dtype=torch.int64)
