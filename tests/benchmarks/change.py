"""Time, memory and accuracy of comparing two visits at full size, against the simulator's truth.

``python -m tests.benchmarks.change [--seeds 3] [--shape 256,256,40]`` prints a table. The outlines
are the true ones, worn by the error of a model: a smooth displacement of a few millimetres. Run it
on a quiet machine.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.change.displacement import points_of
from analysis.change.images import ImageComparison, compare_images
from analysis.change.registration import register_livers
from analysis.change.verdict import Verdict
from analysis.simulation.follow_up import FollowUp, VisitPair, simulate_pair
from analysis.simulation.spec import Grid, PhantomSpec
from analysis.volume import LabelMap
from tests.analysis.change.pairs import visit_of
from tests.benchmarks.analyse import Figure

STEPS = (-6.0, -6.0, -6.0, -6.0, -3.0, -4.0, -8.0, 0.0)
OUTLINE_ERROR_MM = 3.0


@dataclass(frozen=True, slots=True)
class Case:
    """What one pair of visits gave."""

    seconds: float
    errors_mm: npt.NDArray[np.float64]
    false_segments: float
    false_voxels: float
    step_errors: npt.NDArray[np.float64]
    quality: str


def worn(labels: LabelMap, seed: int) -> LabelMap:
    """Return the outline as a model would draw it: bent by a smooth error of some millimetres."""
    rng = np.random.default_rng(seed)
    spacing = np.asarray(labels.geometry.spacing_mm)
    index = np.indices(labels.geometry.shape).astype(np.float32)
    for axis in range(3):
        noise = ndimage.gaussian_filter(rng.standard_normal(labels.geometry.shape), 15 / spacing)
        index[axis] += OUTLINE_ERROR_MM / spacing[axis] * noise / noise.std()
    return LabelMap(ndimage.map_coordinates(labels.array, index, order=0), labels.geometry)


def compared(pair: VisitPair, seed: int) -> tuple[ImageComparison, float]:
    visits = [
        visit_of(study, n, labels=worn(study.truth.segments, 10 * seed + n), uid=f"1.{seed}.{n}")
        for n, study in enumerate((pair.baseline, pair.follow_up))
    ]
    started = time.perf_counter()
    result = compare_images(*visits)
    return result, time.perf_counter() - started


def placement(pair: VisitPair, seed: int) -> npt.NDArray[np.float64]:
    visits = [
        visit_of(study, n, labels=worn(study.truth.segments, 10 * seed + n)).liver_image
        for n, study in enumerate((pair.baseline, pair.follow_up))
    ]
    found = register_livers(*visits)
    truth = pair.follow_up.truth.segments
    points = points_of(truth.geometry, truth.liver)
    errors: npt.NDArray[np.float64] = np.linalg.norm(
        found.to_baseline(points) - pair.to_baseline(points), axis=1
    )
    return errors


def measure(seed: int, shape: tuple[int, int, int]) -> Case:
    spec = PhantomSpec(seed=seed, grid=Grid.covering(shape))
    still = simulate_pair(spec, FollowUp(seed=seed))
    unchanged, seconds = compared(still, seed)
    errors = placement(still, seed)
    pair = simulate_pair(spec, FollowUp(seed=seed, pdff_change_percent=STEPS))
    changed, _ = compared(pair, seed)
    steps = [changed.change("PDFF", f"segment_{n}") for n in range(1, 9)]
    off = [
        step.difference - true
        for step, true in zip(steps, true_steps(pair), strict=True)
        if step is not None and step.difference is not None
    ]
    return Case(
        seconds,
        errors,
        float(np.mean([c.verdict is not Verdict.NO_REAL_CHANGE for c in unchanged.changes])),
        max((m.real_percent for m in unchanged.maps), default=100.0),
        np.array(off),
        str(unchanged.quality),
    )


def true_steps(pair: VisitPair) -> list[float]:
    means = []
    for study in (pair.baseline, pair.follow_up):
        labels, fat = study.truth.segments.array, study.truth.pdff.volume.array
        means.append([float(fat[labels == n].mean()) for n in range(1, 9)])
    return [after - before for before, after in zip(*means, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--shape", default="256,256,40")
    chosen = parser.parse_args()
    i, j, k = (int(part) for part in chosen.shape.split(","))
    cases = [measure(seed, (i, j, k)) for seed in range(1, chosen.seeds + 1)]
    for case in cases:
        print(case.quality)
    errors = np.concatenate([case.errors_mm for case in cases])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for figure in (
        Figure("compare two visits", max(case.seconds for case in cases), "s", 60),
        Figure("peak memory, simulation included", memory, "MB", 2048),
        Figure("tissue found, mean error", float(errors.mean()), "mm", 4),
        Figure("tissue found, 95th percentile", float(np.percentile(errors, 95)), "mm", 8),
        Figure("false change, segments", 100 * max(c.false_segments for c in cases), "%", 5),
        Figure("false change, voxels", max(c.false_voxels for c in cases), "%", 5),
        Figure(
            "change of fat in a segment, largest error",
            float(np.abs(np.concatenate([c.step_errors for c in cases])).max()),
            "points",
            1,
        ),
    ):
        print(figure.line())


if __name__ == "__main__":
    main()
