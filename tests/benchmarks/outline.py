"""How well the liver is outlined, and what its outline does to fat, iron and volume.

``python -m tests.benchmarks.outline --cache .local/anatomies.npz .local/anatomies_vh.npz
[--part design|final] [--draws 2] [--model FOLDER]`` prints a line a case and a table: the network
alone, the network moved by one image, and what the product does (three views, all echoes).
Simulated studies of held-out livers only. PDFF and R2* are measured by the magnitude fit inside
each outline and compared with the same fit inside the true outline, where most of it is valid.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.anatomy import SEGMENTS
from analysis.maps.fat_water import fit
from analysis.maps.fit_result import FatWaterFit
from analysis.quantities import MR_SIGNAL
from analysis.regions import core_of
from analysis.volume import Volume
from inference.catalogue import ModelSpec, find, load_spec
from inference.postprocessing import filled, largest_component, one_piece_each
from inference.refinement import refine_outline
from inference.segmentation import predict_segments, segment_liver
from inference.session import Device, open_session
from tests.benchmarks.outline_cases import OutlineCase, cases

Labels = npt.NDArray[np.uint8]
LEAST_VALID = 0.8
GOAL_PDFF_POINTS, GOAL_R2STAR_PERCENT, GOAL_LIMITS_POINTS = 0.5, 3.0, 0.8


@dataclass(frozen=True, slots=True)
class Outlined:
    """One outline of one case beside the truth.

    Parameters
    ----------
    dice, false_discovery, false_negative
        Of the whole liver.
    volume_percent, pdff_points, r2star_percent
        Difference from the true outline; not a number where the fit itself fails.
    pdff_core_points, r2star_core_percent
        The same of the means over the outlines eroded by one voxel, as the report states them too.
    segment_dice
        Mean over the segments that exist.
    """

    dice: float
    false_discovery: float
    false_negative: float
    volume_percent: float
    pdff_points: float
    r2star_percent: float
    pdff_core_points: float
    r2star_core_percent: float
    segment_dice: float


def network_alone(case: OutlineCase, spec: ModelSpec) -> tuple[Labels, Labels]:
    """Return labels by the network on the first echo, and those moved by that one image."""
    image = Volume(case.echoes.magnitude[0], case.echoes.geometry, MR_SIGNAL)
    session = open_session(spec, Device.CPU)
    locate = open_session(spec.locator, Device.CPU).run if spec.locator else None
    said = predict_segments((image,), spec, session.run, locate)
    alone = filled(largest_component(said.mask))
    moved = refine_outline(said.liver, largest_component(said.mask), [image.array], image.geometry)
    first, second = (
        one_piece_each(np.where(mask, said.segments, 0).astype(np.uint8), mask)
        for mask in (alone, moved.mask)
    )
    return first, second


def as_in_use(case: OutlineCase, spec: ModelSpec) -> Labels:
    """Return labels by what the product does with all echoes."""
    image, *others = (Volume(e, case.echoes.geometry, MR_SIGNAL) for e in case.echoes.magnitude)
    result = segment_liver(image, tuple(others), device=Device.CPU, spec=spec)
    return np.asarray(result.labels.array)


def dice_of(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    return float(2 * np.sum(one & other) / (np.sum(one) + np.sum(other)))


def differences(
    mask: npt.NDArray[np.bool_], true_mask: npt.NDArray[np.bool_], maps: FatWaterFit
) -> tuple[float, float]:
    """Return how the means of PDFF (points) and R2* (per cent) differ between two masks."""
    here, there = mask & maps.valid, true_mask & maps.valid
    pdff = float(maps.pdff_percent[here].mean() - maps.pdff_percent[there].mean())
    rate = 100 * (maps.r2star_per_s[here].mean() / maps.r2star_per_s[there].mean() - 1)
    return pdff, float(rate)


def compare(found: Labels, case: OutlineCase, maps: FatWaterFit) -> Outlined:
    """Return how an outline differs from the true one."""
    truth = case.truth.array
    mask, true_mask = found > 0, truth > 0
    both = np.count_nonzero(mask & true_mask)
    n_found, n_true = int(np.count_nonzero(mask)), int(np.count_nonzero(true_mask))
    nothing = np.nan, np.nan
    is_fitted = maps.valid[true_mask].mean() > LEAST_VALID
    pdff, rate = differences(mask, true_mask, maps) if is_fitted else nothing
    cores = core_of(mask), core_of(true_mask)
    core_pdff, core_rate = differences(*cores, maps) if is_fitted else nothing
    segments = [
        dice_of(found == segment.label, truth == segment.label)
        for segment in SEGMENTS
        if (truth == segment.label).any()
    ]
    return Outlined(
        dice=2 * both / (n_found + n_true),
        false_discovery=1 - both / max(1, n_found),
        false_negative=1 - both / n_true,
        volume_percent=100 * (n_found / n_true - 1),
        pdff_points=pdff,
        r2star_percent=rate,
        pdff_core_points=core_pdff,
        r2star_core_percent=core_rate,
        segment_dice=float(np.mean(segments)),
    )


def outline(case: OutlineCase, spec: ModelSpec) -> dict[str, Outlined]:
    """Return every outline of a case beside the truth."""
    alone, moved = network_alone(case, spec)
    labels = {"network": alone, "one image": moved, "in use": as_in_use(case, spec)}
    asked = np.any([found > 0 for found in (*labels.values(), case.truth.array)], axis=0)
    field = case.spec.protocol.field_strength_t
    maps = fit(case.echoes, field, method="magnitude", mask=asked)
    return {name: compare(found, case, maps) for name, found in labels.items()}


def interval(values: npt.NDArray[np.float64]) -> str:
    """Return mean and 95 % limits of agreement."""
    kept = values[np.isfinite(values)]
    spread = 1.96 * kept.std(ddof=1)
    return f"{kept.mean():+.2f} ({kept.mean() - spread:+.2f} to {kept.mean() + spread:+.2f})"


def table(results: Iterable[dict[str, Outlined]]) -> str:
    """Return the summary of all cases as text."""
    rows = list(results)
    lines = [f"{len(rows)} cases; median, and mean with limits of agreement"]
    for name in rows[0]:
        of = {
            field: np.array([getattr(row[name], field) for row in rows])
            for field in Outlined.__slots__
        }
        within = np.isfinite(of["pdff_points"])
        near = np.mean(np.abs(of["pdff_points"][within]) <= GOAL_PDFF_POINTS)
        close = np.mean(np.abs(of["r2star_percent"][within]) <= GOAL_R2STAR_PERCENT)
        lines += [
            f"{name}:",
            f"  Dice {np.median(of['dice']):.3f} (mean {of['dice'].mean():.3f}, "
            f"least {of['dice'].min():.3f}), FDR {np.median(of['false_discovery']):.3f}, "
            f"FNR {np.median(of['false_negative']):.3f}, "
            f"segments {np.median(of['segment_dice']):.3f}",
            f"  volume {interval(of['volume_percent'])} %",
            f"  PDFF {interval(of['pdff_points'])} points, {within.sum()} cases; "
            f"goal limits within {GOAL_LIMITS_POINTS}; within {GOAL_PDFF_POINTS}: {near:.0%}",
            f"  R2* {interval(of['r2star_percent'])} %; "
            f"within {GOAL_R2STAR_PERCENT} %: {close:.0%}",
            f"  eroded by one voxel: PDFF {interval(of['pdff_core_points'])} points, "
            f"R2* {interval(of['r2star_core_percent'])} %",
        ]
    worse = sum(row["in use"].dice < row["network"].dice - 0.003 for row in rows)
    return "\n".join([*lines, f"worse than the network alone: {worse} of {len(rows)}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, nargs="+", required=True)
    parser.add_argument("--part", choices=("design", "final"), default="design")
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--model", type=Path)
    chosen = parser.parse_args()
    spec = load_spec(chosen.model) if chosen.model else find()
    results = []
    for case in cases(chosen.part, chosen.cache, chosen.draws):
        results.append(outline(case, spec))
        dice = ", ".join(f"{name} {found.dice:.3f}" for name, found in results[-1].items())
        print(f"{case.name}: {dice}", flush=True)
    print(table(results))


if __name__ == "__main__":
    main()
