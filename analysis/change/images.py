"""Compare the images of two visits: register, check, subtract, measure the same tissue."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.anatomy import PARTS_OF_4
from analysis.change.conditions import Conditions
from analysis.change.delta_maps import DeltaMap, delta_map
from analysis.change.displacement import Displacement, points_of, sample, to_index
from analysis.change.inner_tissue import on_inner_tissue
from analysis.change.map_pair import MapPair
from analysis.change.numbers import NumberComparison, compare_reports
from analysis.change.overlap import RegistrationQuality, quality_findings, registration_quality
from analysis.change.registration import Progress, ignore, register_livers
from analysis.change.repeatability import repeatability_of
from analysis.change.smoothing import smooth
from analysis.change.tissue import tissue_changes
from analysis.change.verdict import Change
from analysis.change.visit import MAPPED, Visit, cut_to_liver
from analysis.errors import EmptySegmentation
from analysis.findings import Finding
from analysis.quantities import LIC, R2STAR
from analysis.report import most_severe_first
from analysis.segment_four import divide_segment_4
from analysis.volume import LabelMap, Volume
from analysis.wording import words

VERSION = "change 2"


@dataclass(frozen=True, slots=True, eq=False)
class ImageComparison:
    """What the images of two visits say.

    Parameters
    ----------
    quality
        Of the registration.
    maps
        Change of each quantity, on this visit's grid cut to its liver; none when refused.
    changes
        Of the same tissue: liver, segments, IVa and IVb, quantity by quantity.
    anatomy, baseline_anatomy
        Both anatomical images on that grid, the earlier one carried over.
    labels
        This visit's segments on that grid.
    findings
        What limits trust.
    """

    quality: RegistrationQuality
    maps: tuple[DeltaMap, ...]
    changes: tuple[Change, ...]
    anatomy: Volume
    baseline_anatomy: Volume
    labels: LabelMap
    findings: tuple[Finding, ...]

    def get(self, key: str) -> DeltaMap | None:
        """Return the map of change of a quantity, or None."""
        return next((m for m in self.maps if m.quantity.key == key), None)

    def change(self, quantity: str, region: str) -> Change | None:
        """Return the change of the same tissue, or None."""
        wanted = (quantity, region)
        return next((c for c in self.changes if (c.quantity, c.region) == wanted), None)


def compare_images(
    baseline: Visit, follow_up: Visit, progress: Progress = ignore
) -> ImageComparison:
    """Register the earlier liver to the later one and map what changed.

    Parameters
    ----------
    baseline, follow_up
        Two visits of one subject; grids, scanners and fields may differ.
    progress
        Told how far it is.

    Raises
    ------
    EmptySegmentation
        If a visit has no liver.
    UnusableInput
        If both visits are the same study.
    """
    numbers = compare_reports(baseline.report, follow_up.report)
    for visit in (baseline, follow_up):
        if not visit.labels.liver.any():
            raise EmptySegmentation(
                words(
                    "A visit has no outlined liver, so nothing can be compared; correct its mask."
                ),
                code="empty-segmentation",
            )
    progress(0.05, "laying the livers on one another")
    displacement = register_livers(
        baseline.liver_image, follow_up.liver_image, lambda part, _: progress(0.8 * part, _)
    )
    later = cut_to_liver(follow_up)
    quality = registration_quality(displacement, baseline.labels, later.labels)
    progress(0.85, "subtracting maps")
    pairs = _pairs(baseline, later, displacement, numbers) if quality.is_accepted else ()
    return ImageComparison(
        quality=quality,
        maps=tuple(delta_map(pair) for pair in pairs),
        changes=tuple(change for pair in pairs for change in tissue_changes(pair)),
        anatomy=later.image,
        baseline_anatomy=_carried_image(baseline.image, later, displacement),
        labels=later.labels,
        findings=most_severe_first((*quality_findings(quality), *numbers.findings)),
    )


def _pairs(
    baseline: Visit, later: Visit, displacement: Displacement, numbers: NumberComparison
) -> tuple[MapPair, ...]:
    """Return the quantities that can be compared voxel by voxel."""
    baseline, later = (on_inner_tissue(visit) for visit in (cut_to_liver(baseline), later))
    points = points_of(later.labels.geometry, later.labels.liver)
    index = to_index(baseline.labels.geometry, displacement.to_baseline(points))
    has_parts = any(change.region == PARTS_OF_4[0].key for change in numbers.changes)
    parts = divide_segment_4(later.labels).parts if has_parts else None
    made = []
    for key in MAPPED:
        before, after = baseline.get(key), later.get(key)
        rule = repeatability_of(key, same_conditions=numbers.conditions.are_repeated)
        if before is None or after is None or rule is None or not _may(key, numbers.conditions):
            continue
        pair = MapPair(
            baseline=before,
            baseline_labels=baseline.labels,
            follow_up=after,
            follow_up_labels=later.labels,
            index=index,
            earlier=smooth(before, baseline.labels.liver),
            later=smooth(after, later.labels.liver),
            repeatability=rule,
            shared_error=_shared_error(key, numbers),
            parts=parts,
        )
        made.append(pair)
    return tuple(made)


def _may(key: str, conditions: Conditions) -> bool:
    """R2* only at one field; iron through one calibration, or through those of two fields."""
    if key == R2STAR.key:
        return conditions.field
    return key != LIC.key or conditions.calibration or not conditions.field


def _shared_error(key: str, numbers: NumberComparison) -> float:
    """Return the error of the offset between two iron calibrations, from the whole liver's rows."""
    if key != LIC.key or numbers.conditions.calibration:
        return 0.0
    liver = numbers.get(LIC.key, "liver")
    ends = (liver.baseline, liver.follow_up) if liver else ()
    return math.hypot(*(end.standard_error or 0.0 for end in ends if end))


def _carried_image(image: Volume, later: Visit, displacement: Displacement) -> Volume:
    geometry = later.labels.geometry
    index = to_index(image.geometry, displacement.to_baseline(points_of(geometry)))
    return Volume(sample(image.array, index, outside=0.0), geometry, image.quantity)
