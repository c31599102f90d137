"""Is a registration good enough to subtract maps? Overlap, folding, and how far it had to bend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.agreement import surface_distances_mm
from analysis.change.conditions import STAGE
from analysis.change.displacement import (
    Displacement,
    Points,
    is_imaged,
    points_of,
    sample,
    to_index,
)
from analysis.findings import Finding, Severity
from analysis.volume import LabelMap
from analysis.wording import Words, words

LEAST_DICE = 0.90
LEAST_RIGID_DICE = 0.90  # simulated: 0.93 and more of one person, 0.87 and less of two
MOST_FOLDED_PERCENT = 0.5
LEAST_COVERED_PERCENT = 50.0
FULLY_COVERED_PERCENT = 95.0


@dataclass(frozen=True, slots=True)
class RegistrationQuality:
    """How well the earlier liver lies on the later one.

    Parameters
    ----------
    rigid_dice, dice
        Overlap of the two livers after the rigid motion, and after the deformation as well, where
        both visits were imaged.
    surface_mm
        Mean distance of their surfaces in the end; None when they do not meet.
    smallest_jacobian, largest_jacobian
        Local change of volume inside the liver; 1 is none, at or below 0 tissue is folded.
    folded_percent
        Part of the liver with a Jacobian at or below 0.
    covered_percent
        Part of this visit's liver whose place was imaged at the earlier visit.
    """

    rigid_dice: float
    dice: float
    surface_mm: float | None
    smallest_jacobian: float
    largest_jacobian: float
    folded_percent: float
    covered_percent: float

    @property
    def is_accepted(self) -> bool:
        """Whether maps may be subtracted."""
        return (
            self.dice >= LEAST_DICE
            and self.folded_percent <= MOST_FOLDED_PERCENT
            and self.covered_percent >= LEAST_COVERED_PERCENT
        )


def registration_quality(
    displacement: Displacement, baseline: LabelMap, follow_up: LabelMap
) -> RegistrationQuality:
    """Measure a registration on the grid of the follow-up.

    Parameters
    ----------
    displacement
        Found by ``analysis.change.registration``.
    baseline, follow_up
        Segments of both visits.
    """
    points = points_of(follow_up.geometry)
    rigid = points @ displacement.rigid[:3, :3].T + displacement.rigid[:3, 3]
    rigidly, _ = _carried(baseline, rigid)
    warped, imaged = _carried(baseline, displacement.to_baseline(points))
    target = follow_up.liver
    inside = sample(
        target.astype(np.float32), to_index(follow_up.geometry, points_of(displacement.grid))
    )
    jacobian = displacement.jacobian()[inside > 0.5]
    shared = imaged & target
    distances = surface_distances_mm(warped & imaged, shared, follow_up.geometry)
    return RegistrationQuality(
        rigid_dice=_dice(rigidly & imaged, shared),
        dice=_dice(warped & imaged, shared),
        surface_mm=None if distances is None else float(np.mean(np.concatenate(distances))),
        smallest_jacobian=float(jacobian.min()),
        largest_jacobian=float(jacobian.max()),
        folded_percent=100.0 * float(np.mean(jacobian <= 0)),
        covered_percent=100.0 * float(np.mean(imaged[target])),
    )


def _carried(
    baseline: LabelMap, points_mm: Points
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return the baseline's liver at points, and whether they were imaged at all."""
    index = to_index(baseline.geometry, points_mm)
    liver = sample(baseline.liver.astype(np.float32), index, outside=0.0) > 0.5
    return liver, is_imaged(baseline.geometry, index)


def _dice(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    both = int(np.count_nonzero(one)) + int(np.count_nonzero(other))
    return 2.0 * int(np.count_nonzero(one & other)) / both if both else 0.0


def quality_findings(quality: RegistrationQuality) -> tuple[Finding, ...]:
    """Return what a reader must know about a registration; critical when it is refused."""
    found = (_refusal(quality), _shape(quality), _cover(quality))
    return tuple(finding for finding in found if finding is not None)


def _evidence(quality: RegistrationQuality) -> Words:
    return words(
        "Dice %(rigid)s after the rigid motion, %(dice)s after the deformation; local volume "
        "%(smallest)s to %(largest)s; folded %(folded)s %; covered %(covered)s %",
        rigid=f"{quality.rigid_dice:.2f}",
        dice=f"{quality.dice:.2f}",
        smallest=f"{quality.smallest_jacobian:.2f}",
        largest=f"{quality.largest_jacobian:.2f}",
        folded=f"{quality.folded_percent:.1f}",
        covered=f"{quality.covered_percent:.0f}",
    )


def _refusal(quality: RegistrationQuality) -> Finding | None:
    if quality.is_accepted:
        return None
    return Finding.of(
        "registration-refused",
        Severity.CRITICAL,
        words(
            "The two livers could not be laid on one another well enough, so no maps of change are "
            "shown; the numbers of both visits stand."
        ),
        evidence=_evidence(quality),
        action=words(
            "Look at both outlines, correct them where they are wrong, and compare again."
        ),
        stage=STAGE,
    )


def _shape(quality: RegistrationQuality) -> Finding | None:
    if quality.rigid_dice >= LEAST_RIGID_DICE:
        return None
    return Finding.of(
        "liver-shapes-differ",
        Severity.WARNING,
        words(
            "The two livers differ in shape by more than breathing explains: an outline may be "
            "wrong, or the studies may be of two people."
        ),
        evidence=_evidence(quality),
        action=words("Check that both studies belong to this subject, and both outlines."),
        stage=STAGE,
    )


def _cover(quality: RegistrationQuality) -> Finding | None:
    if not LEAST_COVERED_PERCENT <= quality.covered_percent < FULLY_COVERED_PERCENT:
        return None
    return Finding.of(
        "liver-partly-covered",
        Severity.WARNING,
        words(
            "Part of this visit's liver was not imaged at the earlier visit; there is no change "
            "there."
        ),
        evidence=words("covered %(covered)s %", covered=f"{quality.covered_percent:.0f}"),
        stage=STAGE,
    )
