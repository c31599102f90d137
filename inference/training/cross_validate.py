"""Five-fold cross-validation of the training recipe at a coarse resolution, patient by patient.

``python -m inference.training.cross_validate --cache .local/anatomies.npz --minutes-each 8``

Each fold trains a network of its own without a fifth of the training patients and is tested on
simulated images of that fifth, through the whole runtime. Held-out patients are in no fold. It
speaks about the recipe and the spread over patients; the weights that ship are other ones. A call
that was stopped goes on where it was: folds that are done are kept, a training is resumed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from analysis.errors import UnusableInput
from inference.catalogue import load_spec
from inference.training.batches import stored_body
from inference.training.cache import Anatomy, load_anatomies
from inference.training.evaluate import measure, uncalibrated
from inference.training.evaluation_images import KINDS, simulate
from inference.training.export_onnx import export
from inference.training.network import CHANNELS
from inference.training.overlap import Overlap
from inference.training.split import fold_of, is_held_out
from inference.training.train import Plan, read_checkpoint, resume_run, start_run, train

FOLDS = 5
CPU = torch.device("cpu")
SAYS = (
    "simulated images of patients left out of the training, one short and coarse network a fold: "
    "the recipe and its spread over patients, not the weights that ship, and no real image"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a cross-validation does; results of other settings are not mixed in.

    Parameters
    ----------
    minutes_each
        Wall-clock of each fold's training.
    spacing_mm
        Voxel size of the networks.
    kinds
        Contrast kinds of the test images.
    channels
        Feature channels of the networks.
    background_odds
        Of the export, see ``export_onnx.weights_of``.
    seed
        Of weights and samples.
    """

    minutes_each: float
    spacing_mm: float = 8.0
    kinds: tuple[str, ...] = ("multi-echo", "t2w")
    channels: tuple[int, ...] = CHANNELS
    background_odds: float = 6.0
    seed: int = 20261120


@dataclass(frozen=True, slots=True)
class PatientScore:
    """Agreement of one left-out patient, mean over bodies and contrasts.

    Parameters
    ----------
    patient, fold
        Who, and the fold that did not train on it.
    liver_dice, segment_dice, false_discovery
        0 to 1.
    """

    patient: str
    fold: int
    liver_dice: float
    segment_dice: float
    false_discovery: float


def patient_score(patient: str, fold: int, cases: Sequence[Overlap]) -> PatientScore:
    """Return the mean over the cases of a patient."""
    segments = [case.segment_dice for case in cases if case.segment_dice is not None]
    return PatientScore(
        patient,
        fold,
        round(float(np.mean([case.liver_dice for case in cases])), 4),
        round(float(np.mean(segments)), 4),
        round(float(np.mean([case.false_discovery for case in cases])), 4),
    )


def train_fold(fold: int, anatomies: Sequence[Anatomy], settings: Settings, out: Path) -> int:
    """Train without the patients of a fold, write its model folder, return the steps.

    Parameters
    ----------
    fold
        0 to 4.
    anatomies
        All of them; held-out patients and those of the fold are passed over.
    settings
        How.
    out
        Folder of this fold.
    """
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    minutes = settings.minutes_each
    plan = Plan(minutes, minutes, seed=settings.seed + fold, spacing_mm=settings.spacing_mm)
    run = (
        resume_run(checkpoint, CPU, plan)
        if checkpoint.exists()
        else start_run(CPU, plan, settings.channels)
    )
    seen = [one for one in anatomies if not is_held_out(one.patient)]
    bodies = [stored_body(one, CPU) for one in seen if fold_of(one.patient, FOLDS) != fold]
    train(run, bodies, plan, out, CPU)
    record = {"fold": fold, "steps": run.steps, **asdict(settings)}
    export(read_checkpoint(checkpoint, CPU), record, out / "model", settings.background_odds)
    return run.steps


def check_fold(
    fold: int, anatomies: Sequence[Anatomy], settings: Settings, out: Path
) -> list[PatientScore]:
    """Measure a fold's model on the patients that it did not see."""
    spec = uncalibrated(load_spec(out / "model"))
    cases: dict[str, list[Overlap]] = {}
    for number, anatomy in enumerate(anatomies):
        if is_held_out(anatomy.patient) or fold_of(anatomy.patient, FOLDS) != fold:
            continue
        for kind in settings.kinds:
            volume, truth = simulate(anatomy, kind, 1000 * number + KINDS.index(kind))
            case = f"{anatomy.context} {anatomy.patient} {kind}"
            overlap = measure(case, volume, truth, spec, segments=True)
            cases.setdefault(anatomy.patient, []).append(overlap)
    return [patient_score(patient, fold, found) for patient, found in cases.items()]


def mean_interval(values: Sequence[float], seed: int = 1) -> dict[str, Any]:
    """Return the mean over patients, its 95 % bootstrap interval, and their standard deviation."""
    array = np.asarray(values, dtype=np.float64)
    draws = np.random.default_rng(seed).choice(array, (2000, array.size)).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return {
        "mean": round(float(array.mean()), 4),
        "interval_95": [round(float(low), 4), round(float(high), 4)],
        "standard_deviation": round(float(array.std(ddof=1)), 4) if array.size > 1 else None,
    }


def summary(scores: Sequence[PatientScore]) -> dict[str, Any]:
    """Return mean and interval over patients of each measure."""
    names = ("liver_dice", "segment_dice", "false_discovery")
    return {name: mean_interval([getattr(score, name) for score in scores]) for name in names}


def table(scores: Sequence[PatientScore], steps: dict[int, int]) -> str:
    """Return a Markdown table: a row for each fold, then all patients."""
    lines = [
        "| fold | steps | patients | liver Dice | segment Dice | FDR |",
        "|---|---|---|---|---|---|",
    ]
    groups = [(str(f), str(n), [s for s in scores if s.fold == f]) for f, n in steps.items()]
    for name, count, group in [*groups, ("all", "", list(scores))]:
        if not group:
            continue
        cells = [
            f"{one['mean']:.3f} ({one['interval_95'][0]:.3f} to {one['interval_95'][1]:.3f})"
            for one in summary(group).values()
        ]
        lines.append(f"| {name} | {count} | {len(group)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _require_same(settings: Settings, out: Path) -> None:
    path, text = out / "settings.json", json.dumps(asdict(settings), indent=2)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise UnusableInput(
            f"{out.name} holds a cross-validation with other settings; choose another folder.",
            code="other-settings",
        )
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def cross_validate(anatomies: Sequence[Anatomy], settings: Settings, out: Path) -> dict[str, Any]:
    """Run the folds that are not done yet and return what all of them say.

    Parameters
    ----------
    anatomies
        All bodies.
    settings
        How.
    out
        Folder of the folds; ``cross-validation.json`` and ``.md`` are written into it.

    Raises
    ------
    UnusableInput
        If the folder holds results of other settings.
    """
    _require_same(settings, out)
    scores: list[PatientScore] = []
    steps: dict[int, int] = {}
    for fold in range(FOLDS):
        result = out / f"fold-{fold}.json"
        if not result.exists():
            taken = train_fold(fold, anatomies, settings, out / f"fold-{fold}")
            found = check_fold(fold, anatomies, settings, out / f"fold-{fold}")
            done = {"steps": taken, "patients": [asdict(score) for score in found]}
            result.write_text(json.dumps(done, indent=2), encoding="utf-8")
        stated = json.loads(result.read_text(encoding="utf-8"))
        steps[fold] = stated["steps"]
        scores += [PatientScore(**score) for score in stated["patients"]]
    report = {
        "says": SAYS,
        "settings": asdict(settings),
        "steps": steps,
        "patients": len(scores),
        **summary(scores),
        "each": [asdict(score) for score in scores],
    }
    text = json.dumps(report, indent=2) + "\n"
    (out / "cross-validation.json").write_text(text, encoding="utf-8")
    (out / "cross-validation.md").write_text(table(scores, steps) + "\n", encoding="utf-8")
    return report


def main() -> None:
    """Cross-validate as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, nargs="+", default=[Path(".local/anatomies.npz")])
    parser.add_argument("--out", type=Path, default=Path(".local/cross-validation"))
    parser.add_argument("--minutes-each", type=float, default=8.0)
    parser.add_argument("--spacing-mm", type=float, default=8.0)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=["multi-echo", "t2w"])
    options = parser.parse_args()
    settings = Settings(options.minutes_each, options.spacing_mm, tuple(options.kinds))
    anatomies = [one for cache in options.cache for one in load_anatomies(cache)]
    cross_validate(anatomies, settings, options.out)
    print((options.out / "cross-validation.md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
