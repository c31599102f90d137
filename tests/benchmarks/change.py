"""Time, memory and accuracy of comparing two visits at full size, against the simulator's truth.

``python -m tests.benchmarks.change [--seeds 4] [--shape 256,256,40]`` prints a table: of an
unchanged pair what is called changed, and of planted changes what is found. The outlines are the
true ones, worn by the error of a model: a smooth displacement of a few millimetres. Fat is planted
into the truth of the later visit, before its noise. Run it on a quiet machine.
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
from analysis.change.visit import Visit
from analysis.quantities import PDFF, R2STAR
from analysis.simulation.follow_up import FollowUp, VisitPair, simulate_pair
from analysis.simulation.simulated_study import SimulatedStudy
from analysis.simulation.spec import Grid, PhantomSpec
from analysis.volume import LabelMap
from tests.analysis.change.pairs import visit_of, with_fat
from tests.benchmarks.analyse import Figure

STEPS = (-6.0, -6.0, -6.0, -6.0, -3.0, -4.0, -8.0, 0.0)
OUTLINE_ERROR_MM = 3.0
RISE_POINTS = 5.0
LESION_RADIUS_MM = 10.0
Array = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """What one pair of visits gave.

    Parameters
    ----------
    seconds
        Of one comparison.
    errors_mm
        Of the place of each voxel of the later liver.
    false_segments
        Regions of the unchanged pair that are called changed; those not compared do not count.
    false_voxels
        The same of voxels, the quantity with most of them, in per cent.
    compared_percent
        Regions of the unchanged pair that are compared at all.
    shown_percent
        Part of the drawn liver where a change of fat can be shown.
    step_errors, drawn_step_errors
        Of the change of fat in a segment, against that of the true segment, and against that of
        the liver tissue in the segment as it was drawn: their gap is the outline's, not the
        comparison's.
    rises, others
        Whether a segment with 5 points more fat, and one beside it without, is called a rise.
    lesions
        Part of the voxels of each new lesion of 20 mm and 5 points that is called a rise.
    quality
        Of the registration.
    """

    seconds: float
    errors_mm: Numbers
    false_segments: float
    false_voxels: float
    compared_percent: float
    shown_percent: float
    step_errors: Numbers
    drawn_step_errors: Numbers
    rises: Numbers
    others: Numbers
    lesions: Numbers
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


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A simulated pair with the outlines that a model would draw."""

    truth: VisitPair
    outlines: tuple[LabelMap, LabelMap]
    seed: int

    @property
    def segments(self) -> npt.NDArray[np.uint8]:
        """True segments at the later visit."""
        return self.truth.follow_up.truth.segments.array

    @property
    def parenchyma(self) -> npt.NDArray[np.bool_]:
        return (self.segments > 0) & ~self.truth.follow_up.truth.vessels

    def compare(self, added_points: Array | None = None) -> tuple[ImageComparison, float]:
        """Compare the visits, with fat added to the later one."""
        later = self.truth.follow_up
        planted = later if added_points is None else with_fat(later, added_points)
        visits = [self.visit(n, study) for n, study in enumerate((self.truth.baseline, planted))]
        started = time.perf_counter()
        result = compare_images(*visits)
        return result, time.perf_counter() - started

    def visit(self, n: int, study: SimulatedStudy) -> Visit:
        keys = (PDFF.key, R2STAR.key, "LIC")
        uid = f"1.{self.seed}.{n}"
        return visit_of(study, n, labels=self.outlines[n], keys=keys, uid=uid)

    def by_segment(self, points: tuple[float, ...]) -> Array:
        """Return fat to add to the parenchyma of each segment."""
        steps = np.array([0.0, *points], dtype=np.float32)
        result: Array = np.where(self.parenchyma, steps[self.segments], np.float32(0))
        return result


def measure(seed: int, shape: tuple[int, int, int]) -> Case:
    spec = PhantomSpec(seed=seed, grid=Grid.covering(shape))
    pair = simulate_pair(spec, FollowUp(seed=seed))
    return measured(pair, seed)


def measured(truth: VisitPair, seed: int) -> Case:
    baseline, later = (
        worn(study.truth.segments, 10 * seed + n)
        for n, study in enumerate((truth.baseline, truth.follow_up))
    )
    pair = Pair(truth, (baseline, later), seed)
    unchanged, seconds = pair.compare()
    verdicts = [c.verdict for c in unchanged.changes]
    compared = [v for v in verdicts if v is not Verdict.NOT_COMPARED]
    fat = unchanged.get(PDFF.key)
    shown = fat.valid.sum() / unchanged.labels.liver.sum() if fat else 0.0
    steps, drawn_steps = step_errors(pair)
    rises, others = rises_found(pair)
    return Case(
        seconds=seconds,
        errors_mm=placement(pair),
        false_segments=float(np.mean([v is not Verdict.NO_REAL_CHANGE for v in compared])),
        false_voxels=max((m.real_percent for m in unchanged.maps), default=100.0),
        compared_percent=100.0 * len(compared) / len(verdicts),
        shown_percent=100.0 * float(shown),
        step_errors=steps,
        drawn_step_errors=drawn_steps,
        rises=rises,
        others=others,
        lesions=lesions_found(pair),
        quality=str(unchanged.quality),
    )


def placement(pair: Pair) -> Numbers:
    visits = [
        pair.visit(n, study).liver_image
        for n, study in enumerate((pair.truth.baseline, pair.truth.follow_up))
    ]
    found = register_livers(*visits)
    truth = pair.truth.follow_up.truth.segments
    points = points_of(truth.geometry, truth.liver)
    errors: Numbers = np.linalg.norm(
        found.to_baseline(points) - pair.truth.to_baseline(points), axis=1
    )
    return errors


def step_errors(pair: Pair) -> tuple[Numbers, Numbers]:
    added = pair.by_segment(STEPS)
    result, _ = pair.compare(added)
    earlier, later = pair.truth.baseline.truth, with_fat(pair.truth.follow_up, added).truth
    gained = later.pdff.volume.array - pair.truth.follow_up.truth.pdff.volume.array
    by_truth, by_drawing = [], []
    for n in range(1, 9):
        change = result.change(PDFF.key, f"segment_{n}")
        if change is None or change.difference is None:
            continue
        after = later.pdff.volume.array[pair.segments == n].mean()
        before = earlier.pdff.volume.array[earlier.segments.array == n].mean()
        drawn = (pair.outlines[1].array == n) & (pair.segments > 0)
        by_truth.append(change.difference - float(after - before))
        by_drawing.append(change.difference - float(gained[drawn].mean()))
    return np.array(by_truth), np.array(by_drawing)


def rises_found(pair: Pair) -> tuple[Numbers, Numbers]:
    """Plant a rise in every other segment, twice; one that is not compared is not found."""
    planted, beside = [], []
    for odd in (0, 1):
        result, _ = pair.compare(
            pair.by_segment(tuple(RISE_POINTS * (n % 2 == odd) for n in range(1, 9)))
        )
        for n in range(1, 9):
            change = result.change(PDFF.key, f"segment_{n}")
            rose = change is not None and change.verdict is Verdict.ROSE
            (planted if n % 2 == odd else beside).append(float(rose))
    return np.array(planted), np.array(beside)


def lesions_found(pair: Pair) -> Numbers:
    """Plant a round lesion in the middle of each segment, and return how much of each is drawn."""
    geometry = pair.truth.follow_up.truth.segments.geometry
    places = points_of(geometry)
    lesions = np.zeros(geometry.shape, dtype=np.uint8)
    for n in range(1, 9):
        depth = ndimage.distance_transform_edt(pair.segments == n, sampling=geometry.spacing_mm)
        middle = places[np.unravel_index(int(depth.argmax()), geometry.shape)]
        near = np.linalg.norm(places - middle, axis=-1) <= LESION_RADIUS_MM
        lesions[near & (pair.segments == n)] = n
    result, _ = pair.compare(RISE_POINTS * ((lesions > 0) & pair.parenchyma).astype(np.float32))
    drawn = result.get(PDFF.key)
    if drawn is None:
        return np.zeros(8)
    points = points_of(geometry, lesions > 0)
    inverse = np.linalg.inv(drawn.geometry.affine)
    index = np.rint(points @ inverse[:3, :3].T + inverse[:3, 3]).astype(int)
    inside = ((index >= 0) & (index < drawn.geometry.shape)).all(axis=1)
    rose = np.zeros(len(index), dtype=bool)
    rose[inside] = drawn.real[tuple(index[inside].T)] == 1
    of = lesions[lesions > 0]
    return np.array([float(rose[of == n].mean()) for n in range(1, 9)])


def figures(cases: list[Case]) -> tuple[Figure, ...]:
    errors = np.concatenate([case.errors_mm for case in cases])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rises, others, lesions, steps, drawn = (
        np.concatenate([getattr(case, name) for case in cases])
        for name in ("rises", "others", "lesions", "step_errors", "drawn_step_errors")
    )
    voxels = [case.false_voxels for case in cases]
    name = "change of fat in a segment"
    return (
        Figure("compare two visits", max(case.seconds for case in cases), "s", 60),
        Figure("peak memory, simulation included", memory, "MB", 2048),
        Figure("tissue found, mean error", float(errors.mean()), "mm", 4),
        Figure("tissue found, 95th percentile", float(np.percentile(errors, 95)), "mm", 8),
        Figure("false change, segments", 100 * max(c.false_segments for c in cases), "%", 5),
        Figure("false change, voxels", max(voxels), "%", 5),
        Figure("false change, voxels, mean", float(np.mean(voxels)), "%", 5),
        Figure("regions compared", min(c.compared_percent for c in cases), "%", 90, True),
        Figure("liver with a map of change", min(c.shown_percent for c in cases), "%", 80, True),
        Figure(f"{name}, largest error", float(np.abs(steps).max()), "points", 1),
        Figure(f"{name}, mean error", float(np.abs(steps).mean()), "points", 1),
        Figure(f"{name} as drawn, largest error", float(np.abs(drawn).max()), "points", 1),
        Figure("segments with 5 points more, found", 100 * rises.mean(), "%", 95, True),
        Figure("segments beside them, called a rise", 100 * others.mean(), "%", 5),
        Figure("lesions of 20 mm, 5 points, found", 100 * (lesions >= 0.5).mean(), "%", 80, True),
        Figure("voxels of these lesions, found", 100 * lesions.mean(), "%", 60, True),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--shape", default="256,256,40")
    chosen = parser.parse_args()
    i, j, k = (int(part) for part in chosen.shape.split(","))
    cases = []
    for seed in range(1, chosen.seeds + 1):
        cases.append(measure(seed, (i, j, k)))
        print(cases[-1].quality, flush=True)
    for figure in figures(cases):
        print(figure.line())


if __name__ == "__main__":
    main()
