"""Pairs of visits with known change: maps made from the simulator's truth with known noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.change.visit import Visit
from analysis.findings import Finding
from analysis.iron import find_calibration, iron_map
from analysis.measurement import MapSet
from analysis.quantification import quantify
from analysis.quantities import MR_SIGNAL, PDFF, R2STAR
from analysis.report import LiverReport, build_report
from analysis.segmentation import ModelUse, Segmentation
from analysis.simulation.follow_up import FollowUp, VisitPair, simulate_pair
from analysis.simulation.phantom import small_phantom
from analysis.simulation.simulated_study import SimulatedStudy
from analysis.simulation.spec import PhantomSpec
from analysis.study import Acquisition, SelectedSeries, StudyDescription
from analysis.volume import LabelMap, QuantityMap, Volume

NOISE_PDFF_PERCENT = 2.5
NOISE_R2STAR_FRACTION = 0.08
MODEL = ModelUse("couinaud", "1.0", "ab" * 32, "onnxruntime 1.31.1", "CPU")


def pair_of(change: FollowUp, spec: PhantomSpec | None = None) -> VisitPair:
    return simulate_pair(spec or small_phantom(3), change)


def noisy(truth: QuantityMap, error: np.ndarray, rng: np.random.Generator) -> QuantityMap:
    values = truth.volume.array + rng.standard_normal(truth.geometry.shape) * error
    return QuantityMap(
        Volume(values.astype(np.float32), truth.geometry, truth.quantity),
        truth.valid,
        error.astype(np.float32),
        "truth with known noise",
    )


def maps_of(study: SimulatedStudy, seed: int) -> tuple[QuantityMap, ...]:
    rng = np.random.default_rng(seed)
    truth = study.truth
    shape = truth.pdff.geometry.shape
    fat = noisy(truth.pdff, np.full(shape, NOISE_PDFF_PERCENT), rng)
    rate = noisy(truth.r2star, NOISE_R2STAR_FRACTION * truth.r2star.volume.array, rng)
    calibration = find_calibration(study.spec.protocol.field_strength_t)
    return fat, rate, iron_map(rate, calibration)


def visit_of(
    study: SimulatedStudy,
    seed: int = 0,
    *,
    labels: LabelMap | None = None,
    keys: tuple[str, ...] = (PDFF.key, R2STAR.key, "LIC"),
    uid: str = "",
    date: str = "2026-01-05",
) -> Visit:
    """Return a visit as the stages would hand it on."""
    outline = labels or study.truth.segments
    maps = tuple(m for m in maps_of(study, seed) if m.quantity.key in keys)
    image = Volume(study.echoes.magnitude[0], outline.geometry, MR_SIGNAL)
    report = report_of(
        maps, outline, image, study.spec.protocol.field_strength_t, uid or f"1.2.{seed}", date
    )
    return Visit(report, outline, image, maps)


def report_of(
    maps: tuple[QuantityMap, ...],
    labels: LabelMap,
    image: Volume,
    field_strength_t: float | None,
    uid: str,
    date: str,
) -> LiverReport:
    selected = SelectedSeries(
        description=StudyDescription(uid, "S-1", date, "Liver"),
        acquisition=Acquisition("Lobule", "Simulator", field_strength_t=field_strength_t),
        echoes=None,
        vendor_maps=(),
        anatomical_image=image,
        choices=(),
        findings=(),
    )
    map_set = MapSet(maps, "truth with known noise", (), ())
    segmentation = Segmentation(labels, 0.95, None, (MODEL,), ())
    return build_report(selected, segmentation, map_set, quantify(map_set, labels))


def with_finding(report: LiverReport, finding: Finding) -> LiverReport:
    return replace(report, findings=(*report.findings, finding))


def with_fat(study: SimulatedStudy, added_points: np.ndarray) -> SimulatedStudy:
    """Return the study with fat added to its truth, in points of PDFF; its echoes stay."""
    pdff = study.truth.pdff
    fat = np.clip(pdff.volume.array + added_points, 0.0, 100.0)
    planted = replace(pdff, volume=Volume(fat, pdff.geometry, pdff.quantity))
    return replace(study, truth=replace(study.truth, pdff=planted))
