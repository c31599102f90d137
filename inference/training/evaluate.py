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

from analysis.errors import EmptySegmentation
from analysis.quantities import MR_SIGNAL
from analysis.volume import Volume
from inference.calibration import Observation, write_observations
from inference.catalogue import ModelSpec, load_spec
from inference.confidence import UNCALIBRATED
from inference.prediction import LEAST_LIVER_ML
from inference.recipes import PercentileRecipe
from inference.segmentation import segment_liver
from inference.training.cache import Anatomy, load_anatomies
from inference.training.evaluation_images import AXIAL, CORONAL, KINDS, simulate, slab
from inference.training.export_onnx import NAME, VERSION
from inference.training.label_files import read_canonical, read_labels
from inference.training.overlap import Labels, Overlap, compare, median_interval
from inference.training.split import is_held_out

SLAB = "slab"
FIRST_SLAB_SEED = 500_000
REAL_SCANS = (("torso_ct", "ct.nii.gz"), ("mr_slab", "mr.nii.gz"))
LIVER_IN_REAL_LABELS = 5


def measure(
    case: str, volume: Volume, truth: Labels, spec: ModelSpec, *, segments: bool
) -> Overlap:
    """Segment a volume and compare; a liver that is not found counts as empty."""
    confidence, agreement = 0.0, None
    try:
        result = segment_liver(volume, device="cpu", spec=spec)
        found, confidence = np.asarray(result.labels.array), result.confidence or 0.0
        agreement = result.agreement
    except EmptySegmentation:
        found = np.zeros(truth.shape, np.uint8)
    overlap = compare(case, found, truth, segments=segments)
    return replace(overlap, confidence=confidence, agreement=agreement)


def uncalibrated(spec: ModelSpec) -> ModelSpec:
    """Return the model with its own promises, so that a calibration is not fitted to another."""
    if not isinstance(spec.recipe, PercentileRecipe):
        return spec
    locator = None if spec.locator is None else uncalibrated(spec.locator)
    recipe = replace(spec.recipe, calibration=UNCALIBRATED)
    return replace(spec, recipe=recipe, locator=locator)


def observations(cases: Sequence[Overlap]) -> tuple[Observation, ...]:
    """Return promise and truth of the simulated cases, named ``context patient kind``."""
    return tuple(
        Observation(
            case.case, case.case.split()[1], case.confidence or 0.0, case.liver_dice, case.agreement
        )
        for case in cases
    )


def _held_out(caches: Sequence[Path]) -> list[Anatomy]:
    anatomies = (anatomy for cache in caches for anatomy in load_anatomies(cache))
    return [anatomy for anatomy in anatomies if is_held_out(anatomy.patient)]


def _spacing_mm(caches: Sequence[Path]) -> float:
    return load_anatomies(caches[0])[0].body.geometry.spacing_mm[0]


def synthetic_cases(caches: Sequence[Path], spec: ModelSpec) -> Iterator[Overlap]:
    """Yield the agreement of every held-out patient in every context and contrast kind."""
    for number, anatomy in enumerate(_held_out(caches)):
        for index, kind in enumerate(KINDS):
            volume, truth = simulate(anatomy, kind, seed=1000 * number + index)
            case = f"{anatomy.context} {anatomy.patient} {kind}"
            yield measure(case, volume, truth, spec, segments=True)


def slab_cases(caches: Sequence[Path], spec: ModelSpec) -> Iterator[Overlap]:
    """Yield the agreement on an axial and a coronal slab of every held-out patient and context.

    Slabs that hold less than 100 ml of liver are left out: there, no liver is to be found.
    """
    for number, anatomy in enumerate(_held_out(caches)):
        for index, axis in enumerate((AXIAL, CORONAL)):
            seed = FIRST_SLAB_SEED + 1000 * number + index
            kind = KINDS[(number + index) % len(KINDS)]
            volume, truth = slab(*simulate(anatomy, kind, seed), axis, seed)
            if np.count_nonzero(truth) * volume.geometry.voxel_volume_ml >= LEAST_LIVER_ML:
                case = f"{anatomy.context} {anatomy.patient} {kind} {SLAB}"
                yield measure(case, volume, truth, spec, segments=False)


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


def _of_slabs(slabs: list[Overlap]) -> dict[str, Any]:
    dices = [case.liver_dice for case in slabs]
    return {
        "measured_on": "axial and coronal slabs of 27 to 70 mm of such images, anywhere along the "
        "liver, at least 100 ml of it in view",
        "cases": len(slabs),
        "liver_dice": _median(dices),
        "liver_dice_tenth_percentile": round(float(np.percentile(dices, 10)), 4),
    }


def summary(
    synthetic: list[Overlap], slabs: list[Overlap], real: list[Overlap], spacing_mm: float
) -> dict[str, Any]:
    """Return the metrics of a card.

    Parameters
    ----------
    synthetic, slabs, real
        Agreement of the cases.
    spacing_mm
        Voxel size of the simulated images.
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
            "spacing_mm": spacing_mm,
            "cases": len(synthetic),
            "liver_dice": _median([case.liver_dice for case in synthetic]),
            "false_discovery": _median([case.false_discovery for case in synthetic]),
            "mean_segment_dice": _median(segments),
            "liver_dice_by_contrast": by_kind,
        },
        **({"slabs": _of_slabs(slabs)} if slabs else {}),
        "real": {
            "measured_on": "one torso CT (its labels are the body context of the training) and one "
            "MR slab, both against automatic labels: development checks, one scan each",
            **{case.case: {"liver_dice": round(case.liver_dice, 4)} for case in real},
        },
    }


def _printed(cases: Iterator[Overlap]) -> Iterator[Overlap]:
    for case in cases:
        print(case, flush=True)
        yield case


def main() -> None:
    """Measure a model, print every case, and write the summary into its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, nargs="+", default=[Path(".local/anatomies.npz")])
    parser.add_argument("--model", type=Path, default=Path("inference/models") / NAME / VERSION)
    parser.add_argument("--cases", type=Path, help="CSV for inference.calibration")
    options = parser.parse_args()
    spec = uncalibrated(load_spec(options.model))
    real = list(_printed(real_cases(options.data, spec)))
    synthetic = list(_printed(synthetic_cases(options.cache, spec)))
    slabs = list(_printed(slab_cases(options.cache, spec)))
    if options.cases:
        write_observations(observations([*synthetic, *slabs]), options.cases)
    card_path = options.model / "card.json"
    card = json.loads(card_path.read_text(encoding="utf-8"))
    card["metrics"] = summary(synthetic, slabs, real, _spacing_mm(options.cache))
    card_path.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(card["metrics"], indent=2))


if __name__ == "__main__":
    main()
