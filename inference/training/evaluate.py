"""Measure a model folder: simulated images of held-out patients, and the two real labelled scans.

Everything goes through ``segment_liver``, as in use; the results are written into the card.

``python -m inference.training.evaluate --data ../shared/data``
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from analysis.errors import EmptySegmentation
from analysis.quantities import MR_SIGNAL
from analysis.volume import Volume
from inference.calibration import Observation, write_observations
from inference.catalogue import ModelSpec, load_spec
from inference.confidence import UNCALIBRATED
from inference.recipes import PercentileRecipe
from inference.segmentation import segment_liver
from inference.training.batches import stored_body
from inference.training.cache import SEGMENT_OF, TISSUE_OF, Anatomy, load_anatomies
from inference.training.contrasts import BY_KIND
from inference.training.corruption import render
from inference.training.export_onnx import NAME, VERSION
from inference.training.label_files import read_canonical, read_labels
from inference.training.overlap import Labels, Overlap, compare, median_interval
from inference.training.randomness import seeded
from inference.training.split import is_held_out
from inference.training.tissue_map import TissueMap, axis_aligned

KINDS = ("multi-echo", "water", "t1w", "t2w", "random")
ABOVE_BELOW_MM = 48.0
REAL_SCANS = (("torso_ct", "ct.nii.gz"), ("mr_slab", "mr.nii.gz"))
LIVER_IN_REAL_LABELS = 5


def around_liver(anatomy: Anatomy) -> TissueMap:
    """Return the slices of a body from 48 mm below to 48 mm above its liver."""
    levels = np.flatnonzero(anatomy.segments.any(axis=(0, 1)))
    spacing = anatomy.body.geometry.spacing_mm[0]
    margin = round(ABOVE_BELOW_MM / spacing)
    start = max(int(levels[0]) - margin, 0)
    labels = anatomy.body.labels[..., start : int(levels[-1]) + margin + 1]
    origin = anatomy.body.origin_mm + [0, 0, start * spacing]
    return TissueMap(labels, axis_aligned(labels.shape, origin, spacing))


def simulate(anatomy: Anatomy, kind: str, seed: int) -> tuple[Volume, Labels]:
    """Return a simulated image of an undeformed anatomy, and its segments.

    Parameters
    ----------
    anatomy
        A held-out patient.
    kind
        Name of a contrast kind.
    seed
        Of the contrast and the corruption.
    """
    part = around_liver(anatomy)
    random = seeded(seed, torch.device("cpu"))
    body = stored_body(Anatomy(anatomy.patient, anatomy.context, part), random.device)
    tissues = torch.from_numpy(TISSUE_OF.copy())[body.labels.long()]
    seen = torch.ones(part.labels.shape, dtype=torch.bool)
    contrast = BY_KIND[kind].draw(random.scalars)
    image = render(tissues, seen, contrast, random, part.geometry.spacing_mm[0])
    return Volume(image.numpy(), part.geometry, MR_SIGNAL), SEGMENT_OF[part.labels]


def measure(
    case: str, volume: Volume, truth: Labels, spec: ModelSpec, *, segments: bool
) -> Overlap:
    """Segment a volume and compare; a liver that is not found counts as empty."""
    confidence = 0.0
    try:
        result = segment_liver(volume, device="cpu", spec=spec)
        found, confidence = np.asarray(result.labels.array), result.confidence or 0.0
    except EmptySegmentation:
        found = np.zeros(truth.shape, np.uint8)
    overlap = compare(case, found, truth, segments=segments)
    return replace(overlap, confidence=confidence)


def uncalibrated(spec: ModelSpec) -> ModelSpec:
    """Return the model with its own promises, so that a calibration is not fitted to another."""
    if not isinstance(spec.recipe, PercentileRecipe):
        return spec
    return replace(spec, recipe=replace(spec.recipe, calibration=UNCALIBRATED))


def observations(cases: Sequence[Overlap]) -> tuple[Observation, ...]:
    """Return promise and truth of the simulated cases, named ``context patient kind``."""
    return tuple(
        Observation(case.case, case.case.split()[1], case.confidence or 0.0, case.liver_dice)
        for case in cases
    )


def synthetic_cases(caches: Sequence[Path], spec: ModelSpec) -> Iterator[Overlap]:
    """Yield the agreement of every held-out patient in every context and contrast kind."""
    anatomies = (anatomy for cache in caches for anatomy in load_anatomies(cache))
    held_out = [anatomy for anatomy in anatomies if is_held_out(anatomy.patient)]
    for number, anatomy in enumerate(held_out):
        for index, kind in enumerate(KINDS):
            volume, truth = simulate(anatomy, kind, seed=1000 * number + index)
            case = f"{anatomy.context} {anatomy.patient} {kind}"
            yield measure(case, volume, truth, spec, segments=True)


def real_cases(data: Path, spec: ModelSpec) -> Iterator[Overlap]:
    """Yield the agreement with the automatic liver labels of the real torso CT and MR slab."""
    for folder, file in REAL_SCANS:
        labels = read_labels(data / folder / "labels.nii.gz")
        image = np.asarray(read_canonical(data / folder / file).dataobj, dtype=np.float32)
        volume = Volume(image, labels.geometry, MR_SIGNAL)
        truth = (labels.labels == LIVER_IN_REAL_LABELS).astype(np.uint8)
        yield measure(folder, volume, truth, spec, segments=False)


def _median(values: list[float]) -> dict[str, float | list[float]]:
    middle, low, high = median_interval(values)
    return {"median": round(middle, 4), "interval_95": [round(low, 4), round(high, 4)]}


def summary(synthetic: list[Overlap], real: list[Overlap]) -> dict[str, Any]:
    """Return the metrics of a card.

    Parameters
    ----------
    synthetic, real
        Agreement of the cases.
    """
    segments = [case.segment_dice for case in synthetic if case.segment_dice is not None]
    by_kind = {
        kind: round(
            float(np.median([c.liver_dice for c in synthetic if c.case.endswith(f" {kind}")])), 4
        )
        for kind in KINDS
        if any(c.case.endswith(f" {kind}") for c in synthetic)
    }
    return {
        "synthetic": {
            "measured_on": "simulated images of held-out patients, through the whole runtime; "
            "the same simulator as in training, so no statement about real images",
            "cases": len(synthetic),
            "liver_dice": _median([case.liver_dice for case in synthetic]),
            "false_discovery": _median([case.false_discovery for case in synthetic]),
            "mean_segment_dice": _median(segments),
            "liver_dice_by_contrast": by_kind,
        },
        "real": {
            "measured_on": "one torso CT (its labels are the body context of the training) and one "
            "MR slab, both against automatic labels: development checks, one scan each",
            **{case.case: {"liver_dice": round(case.liver_dice, 4)} for case in real},
        },
    }


def main() -> None:
    """Measure a model, print every case, and write the summary into its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, nargs="+", default=[Path(".local/anatomies.npz")])
    parser.add_argument("--model", type=Path, default=Path("inference/models") / NAME / VERSION)
    parser.add_argument("--cases", type=Path, help="CSV for inference.calibration")
    options = parser.parse_args()
    spec = uncalibrated(load_spec(options.model))
    real = list(real_cases(options.data, spec))
    print(*real, sep="\n", flush=True)
    synthetic = []
    for case in synthetic_cases(options.cache, spec):
        print(case, flush=True)
        synthetic.append(case)
    if options.cases:
        write_observations(observations(synthetic), options.cases)
    card_path = options.model / "card.json"
    card = json.loads(card_path.read_text(encoding="utf-8"))
    card["metrics"] = summary(synthetic, real)
    card_path.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(card["metrics"], indent=2))


if __name__ == "__main__":
    main()
