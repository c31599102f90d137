"""Train the segment network on simulated images, for a given time, resumable at any moment.

``python -m inference.training.train --cache .local/anatomies.npz --minutes 80``

On a GPU, in calls of at most ten minutes:
``... --device cuda --batch 8 --schedule-minutes 27 --minutes 9 --resume``, three times.
Needs torch, numpy and scipy only.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from analysis.errors import ModelError
from inference.training.batches import make_batch, stored_body
from inference.training.cache import ANATOMY_SPACING_MM, load_anatomies
from inference.training.framing import ABDOMEN, FRAMINGS
from inference.training.network import CHANNELS, LossWeights, SegmentNetwork, deep_loss
from inference.training.randomness import Randomness, seeded
from inference.training.sampling import Shape, StoredBody
from inference.training.split import fold_of, training_patients

EMA_DECAY = 0.998
MOST_SPOILT_STEPS = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to train.

    Parameters
    ----------
    minutes
        Wall-clock of this call.
    schedule_minutes
        Wall-clock of the whole one-cycle schedule, over all calls.
    peak_rate
        Highest learning rate.
    warm_up
        Share of the schedule in which the rate rises.
    batch
        Samples a step.
    seed
        Of the weights and the samples.
    checkpoint_minutes
        How often the state is written.
    spacing_mm
        Voxel size of the images.
    framing
        Name of what the patches show, see ``framing.FRAMINGS``.
    """

    minutes: float
    schedule_minutes: float
    peak_rate: float = 2e-3
    warm_up: float = 0.06
    batch: int = 1
    seed: int = 20261120
    checkpoint_minutes: float = 3.0
    spacing_mm: float = ANATOMY_SPACING_MM
    framing: str = ABDOMEN.name


def learning_rate(plan: Plan, elapsed_minutes: float) -> float:
    """Return the one-cycle learning rate after a training time: up, then down along a cosine."""
    position = min(elapsed_minutes / plan.schedule_minutes, 1.0)
    if position < plan.warm_up:
        return plan.peak_rate * (0.1 + 0.9 * position / plan.warm_up)
    fall = (position - plan.warm_up) / (1 - plan.warm_up)
    return plan.peak_rate * (0.002 + 0.998 * 0.5 * (1 + math.cos(math.pi * fall)))


@dataclass(slots=True)
class Run:
    """A training in progress.

    Parameters
    ----------
    network, average
        The network being trained, and the moving average of its weights, which is shipped.
    optimiser
        Its optimiser.
    steps, elapsed_minutes
        How far it has come, over all calls.
    """

    network: SegmentNetwork
    average: dict[str, Tensor]
    optimiser: torch.optim.Optimizer
    steps: int = 0
    elapsed_minutes: float = 0.0

    def update_average(self) -> None:
        """Move the averaged weights a little towards the present ones."""
        decay = min(EMA_DECAY, (1 + self.steps) / (10 + self.steps))
        for name, value in self.network.state_dict().items():
            self.average[name].lerp_(value.detach(), 1 - decay)

    def save(self, path: Path, plan: Plan) -> None:
        """Write the state; the file at ``path`` is whole at any moment."""
        state = {
            "channels": self.network.channels,
            "device": next(self.network.parameters()).device.type,
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "steps": self.steps,
            "elapsed_minutes": self.elapsed_minutes,
            "plan": asdict(plan),
        }
        partial = path.with_suffix(".part")
        torch.save(state, partial)
        partial.replace(path)


def start_run(device: torch.device, plan: Plan, channels: tuple[int, ...] = CHANNELS) -> Run:
    """Return a fresh training."""
    torch.manual_seed(plan.seed)
    network = SegmentNetwork(channels).to(device)
    network = network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    optimiser = torch.optim.AdamW(network.parameters(), lr=plan.peak_rate, weight_decay=1e-2)
    return Run(network, average, optimiser)


def read_checkpoint(path: Path, device: torch.device) -> dict[str, Any]:
    """Read a checkpoint written by ``Run.save``; only tensors and plain values are accepted."""
    state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    return state


def resume_run(path: Path, device: torch.device, plan: Plan) -> Run:
    """Return the training that a checkpoint holds."""
    state = read_checkpoint(path, device)
    run = start_run(device, plan, tuple(state["channels"]))
    run.network.load_state_dict(state["network"])
    run.average = {name: value.clone() for name, value in state["average"].items()}
    run.optimiser.load_state_dict(state["optimiser"])
    run.steps, run.elapsed_minutes = int(state["steps"]), float(state["elapsed_minutes"])
    return run


def train_step(run: Run, images: Tensor, segments: Tensor, rate: float) -> float:
    """Do one optimisation step in bfloat16 and return its loss.

    A step whose gradient is not finite changes nothing: one would spoil all weights for good. Its
    loss comes back as not a number.
    """
    for group in run.optimiser.param_groups:
        group["lr"] = rate
    images = images.to(memory_format=torch.channels_last_3d)
    with torch.autocast(images.device.type, dtype=torch.bfloat16):
        logits = run.network.multi_scale(images)
    loss = deep_loss(logits, segments, LossWeights())
    run.optimiser.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    norm = nn.utils.clip_grad_norm_(run.network.parameters(), 12.0)
    run.steps += 1
    if not bool(torch.isfinite(norm)):
        return math.nan
    run.optimiser.step()
    run.update_average()
    return float(loss.detach())


def patch_shape(extent_mm: Shape, spacing_mm: float, divisor: int) -> Shape:
    """Return the patch whose sides, multiples of the divisor, come closest to an extent."""
    sides = [max(1, round(extent / spacing_mm / divisor)) * divisor for extent in extent_mm]
    return sides[0], sides[1], sides[2]


def _patch(random: Randomness, plan: Plan, divisor: int) -> Shape:
    extents = FRAMINGS[plan.framing].extents_mm
    shares = [share for _, share in extents]
    extent = extents[int(random.scalars.choice(len(extents), p=shares))][0]
    return patch_shape(extent, plan.spacing_mm, divisor)


def _spoilt_steps(before: int, loss: float) -> int:
    """Return how many steps in a row were spoilt; raise when they are too many."""
    spoilt = 0 if math.isfinite(loss) else before + 1
    if spoilt >= MOST_SPOILT_STEPS:
        raise ModelError(
            f"The training diverged: {spoilt} steps in a row had no finite gradient. Go on from "
            "the last checkpoint with a lower rate.",
            code="training-diverged",
        )
    return spoilt


def train(run: Run, bodies: list[StoredBody], plan: Plan, out: Path, device: torch.device) -> None:
    """Train until this call's time or the schedule is over, writing checkpoints on the way.

    Raises
    ------
    ModelError
        If many steps in a row have no finite gradient.
    """
    random, framing = seeded(plan.seed + run.steps, device), FRAMINGS[plan.framing]
    before, start = run.elapsed_minutes, time.monotonic()
    saved, losses = 0.0, deque[float](maxlen=100)
    spoilt = 0
    while True:
        spent = (time.monotonic() - start) / 60
        run.elapsed_minutes = before + spent
        if spent >= plan.minutes or run.elapsed_minutes >= plan.schedule_minutes:
            break
        shape = _patch(random, plan, run.network.divisor)
        images, segments = make_batch(bodies, plan.batch, shape, random, plan.spacing_mm, framing)
        rate = learning_rate(plan, run.elapsed_minutes)
        loss = train_step(run, images, segments, rate)
        spoilt = _spoilt_steps(spoilt, loss)
        if not spoilt:
            losses.append(loss)
        if run.steps % 50 == 0 and losses:
            mean = sum(losses) / len(losses)
            print(f"{run.elapsed_minutes:6.1f} min  step {run.steps}  loss {mean:.3f}", flush=True)
        if spent - saved >= plan.checkpoint_minutes:
            run.save(out / "checkpoint.pt", plan)
            saved = spent
    run.save(out / "checkpoint.pt", plan)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, nargs="+", default=[Path(".local/anatomies.npz")])
    parser.add_argument("--out", type=Path, default=Path(".local/training"))
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--minutes", type=float, default=80.0)
    parser.add_argument("--schedule-minutes", type=float)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--peak-rate", type=float, default=2e-3)
    parser.add_argument("--channels", type=int, nargs="+", default=list(CHANNELS))
    parser.add_argument("--fold", type=int, help="leave this fold of five out, to test on it")
    parser.add_argument("--spacing-mm", type=float, default=ANATOMY_SPACING_MM)
    parser.add_argument("--framing", choices=tuple(FRAMINGS), default=ABDOMEN.name)
    parser.add_argument("--seed", type=int, default=20261120)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    return parser.parse_args()


def main() -> None:
    """Train as the command line says."""
    options = _options()
    device = torch.device(options.device)
    plan = Plan(
        minutes=options.minutes,
        schedule_minutes=options.schedule_minutes or options.minutes,
        peak_rate=options.peak_rate,
        batch=options.batch,
        seed=options.seed,
        spacing_mm=options.spacing_mm,
        framing=options.framing,
    )
    options.out.mkdir(parents=True, exist_ok=True)
    checkpoint = options.out / "checkpoint.pt"
    resume = options.resume and checkpoint.exists()
    fresh = start_run(device, plan, tuple(options.channels))
    run = resume_run(checkpoint, device, plan) if resume else fresh
    anatomies = [anatomy for cache in options.cache for anatomy in load_anatomies(cache)]
    patients = training_patients({anatomy.patient for anatomy in anatomies})
    allowed = {patient for patient in patients if fold_of(patient) != options.fold}
    bodies = [stored_body(anatomy, device) for anatomy in anatomies if anatomy.patient in allowed]
    print(f"{len(bodies)} bodies of {len(allowed)} patients on {device}", flush=True)
    train(run, bodies, plan, options.out, device)
    print(f"{run.steps} steps in {run.elapsed_minutes:.1f} min")


if __name__ == "__main__":
    main()
