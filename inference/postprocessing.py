"""From class probabilities to consistent Couinaud labels, and what to say about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.anatomy import BY_KEY, LEFT_LOBE, RIGHT_LOBE, SEGMENTS
from analysis.findings import Finding, Severity
from analysis.volume import LabelMap
from analysis.wording import Words, listed, words

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.uint8]
FULL_CONNECTIVITY = np.ones((3, 3, 3), dtype=bool)
# upper segment, lower segment: pairs that the portal vein's branches separate
STACKED = (("segment_8", "segment_5"), ("segment_7", "segment_6"), ("segment_2", "segment_3"))
LEAST_AGREEMENT = 0.7
"""Dice between two views of one body below which they show different livers."""
LOW_CONFIDENCE = 0.90
UNUSABLE_CONFIDENCE = 0.70


@dataclass(frozen=True, slots=True)
class Box:
    """A block of voxels: first index and one past the last, along each axis."""

    start: tuple[int, int, int]
    stop: tuple[int, int, int]

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """Index that cuts the block out of a volume."""
        first, second, third = (slice(a, b) for a, b in zip(self.start, self.stop, strict=True))
        return first, second, third

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size of the block."""
        x, y, z = (b - a for a, b in zip(self.start, self.stop, strict=True))
        return x, y, z


def box_around(mask: Mask) -> Box:
    """Return the smallest block that holds every voxel of a mask (not empty)."""
    ends = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        index = np.flatnonzero(mask.any(axis=others))
        ends.append((int(index[0]), int(index[-1]) + 1))
    (a, b), (c, d), (e, f) = ends
    return Box((a, c, e), (b, d, f))


def largest_component(mask: Mask) -> Mask:
    """Return the largest connected piece of a mask, or the mask when it is empty."""
    pieces, count = ndimage.label(mask, FULL_CONNECTIVITY)
    if count <= 1:
        return mask
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    result: Mask = pieces == sizes.argmax()
    return result


def filled(mask: Mask) -> Mask:
    """Return the mask with enclosed holes closed, in 3-D and slice by slice along k.

    Slice by slice, because a vessel that opens at the border of the slab leaves a hole that is not
    enclosed in 3-D.
    """
    result: Mask = ndimage.binary_fill_holes(mask)
    for k in range(result.shape[2]):
        if result[:, :, k].any():
            result[:, :, k] = ndimage.binary_fill_holes(result[:, :, k])
    return result


def one_piece_each(labels: Labels, liver: Mask) -> Labels:
    """Keep the largest piece of each segment and give the rest to the nearest segment.

    Parameters
    ----------
    labels
        (i, j, k) 1-8 inside the liver (0 where a filled voxel has none yet).
    liver
        (i, j, k) bool.

    Returns
    -------
    Labels without gaps inside ``liver`` and 0 outside.
    """
    kept = np.zeros_like(labels)
    for segment in SEGMENTS:
        piece = largest_component((labels == segment.label) & liver)
        kept[piece] = segment.label
    if not kept.any():
        return kept
    orphans = liver & (kept == 0)
    nearest = ndimage.distance_transform_edt(kept == 0, return_distances=False, return_indices=True)
    kept[orphans] = kept[tuple(axis[orphans] for axis in nearest)]
    kept[~liver] = 0
    return kept


def _centroids(labels: LabelMap) -> dict[str, npt.NDArray[np.float64]]:
    present = [s for s in SEGMENTS if (labels.array == s.label).any()]
    centres = ndimage.center_of_mass(
        np.ones(labels.array.shape, np.uint8), labels.array, [s.label for s in present]
    )
    affine = labels.geometry.affine
    return {
        segment.key: affine[:3, :3] @ np.array(centre) + affine[:3, 3]
        for segment, centre in zip(present, centres, strict=True)
    }


def _order_faults(centres: dict[str, npt.NDArray[np.float64]]) -> list[Words]:
    faults = [
        words(
            "%(upper)s is not above %(lower)s",
            upper=BY_KEY[upper].name,
            lower=BY_KEY[lower].name,
        )
        for upper, lower in STACKED
        if upper in centres and lower in centres and centres[upper][2] <= centres[lower][2]
    ]
    right = [centres[key][0] for key in RIGHT_LOBE if key in centres]
    left = [centres[key][0] for key in LEFT_LOBE[:2] if key in centres]
    if right and left and min(right) <= max(left):  # x grows to the patient's right
        faults.append(words("segments II and III are not to the left of the right lobe"))
    return faults


def segment_findings(labels: LabelMap) -> tuple[Finding, ...]:
    """Return what speaks against the segments: missing ones and an impossible order."""
    centres = _centroids(labels)
    missing = [segment.name for segment in SEGMENTS if segment.key not in centres]
    problems = [words("not found: %(missing)s", missing=", ".join(missing))] if missing else []
    problems += _order_faults(centres)
    if not problems:
        return ()
    return (
        Finding.of(
            "segments-unreliable",
            Severity.WARNING,
            words("The Couinaud segments are not reliable; use the whole-liver values."),
            evidence=listed(problems, "; "),
            action=words("Check the segments on the images and correct them where needed."),
            stage="segment",
        ),
    )


def agreement_findings(agreement: float | None) -> tuple[Finding, ...]:
    """Return a finding where views of one body, or two looks at it, show different livers."""
    if agreement is None or agreement >= LEAST_AGREEMENT:
        return ()
    return (
        Finding.of(
            "segmentation-disagrees",
            Severity.WARNING,
            words(
                "The model sees different livers in different images of this study; one of them "
                "was taken, and it may be the wrong one."
            ),
            evidence=words("overlap (Dice) %(dice)s ", dice=f"{agreement:.2f}"),
            action=words("Look at the outline on every slice before using any number."),
            stage="segment",
        ),
    )


def confidence_findings(confidence: float) -> tuple[Finding, ...]:
    """Return a finding where the model itself is unsure of the liver's outline."""
    if confidence >= LOW_CONFIDENCE:
        return ()
    unusable = confidence < UNUSABLE_CONFIDENCE
    return (
        Finding.of(
            "segmentation-unsure",
            Severity.CRITICAL if unusable else Severity.WARNING,
            words(
                "The model is unsure where the liver ends; check the outline before using the "
                "numbers."
            ),
            evidence=words("expected Dice %(dice)s", dice=f"{confidence:.2f}"),
            action=words("Look at the outline on every slice and correct it."),
            stage="segment",
        ),
    )
