"""Sums over the segments that follow a changed mask without reading the images again.

For a mean, a voxel that changes its segment only moves its value from one sum to another. The sums
of a version are made once and kept; a stroke then costs as much as it has voxels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from analysis.anatomy import SEGMENTS
from analysis.quantities import FAT_SIGNAL_FRACTION, LIC, PDFF, R2STAR
from portal.reports.documents import machine_labels, study_images
from portal.reports.images import StudyImages, TurnedMap
from portal.reports.models import Report

SUMMED = (PDFF.key, FAT_SIGNAL_FRACTION.key, R2STAR.key, LIC.key)
_BINS = len(SEGMENTS) + 1
Totals = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Voxels, by their flat index with i fastest, and the label that each gets."""

    indices: npt.NDArray[np.int64]
    labels: Labels


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """By label: voxels, and for each map the valid ones and the total of their values.

    ``overlap``, ``machine`` and ``changed`` compare the liver with the model's: voxels in both, in
    the model's, and with another label than the model's.
    """

    counts: Counts
    maps: dict[str, tuple[Counts, Totals]]
    overlap: int
    machine: int
    changed: int

    @property
    def dice(self) -> float:
        """2 |A and B| / (|A| + |B|) of this liver and the model's."""
        total = int(self.counts[1:].sum()) + self.machine
        return 2.0 * self.overlap / total if total else 1.0


def sums_of(report: Report) -> Sums:
    """Return the sums of a version as it is stored."""
    return _sums(_Version(report.run_id, report.labels_sha256, report))


@dataclass(frozen=True, slots=True)
class _Version:
    """What the sums depend on, and how to get at it; only the first two tell versions apart."""

    run_id: UUID
    labels_sha256: str
    report: Report

    def __hash__(self) -> int:
        return hash((self.run_id, self.labels_sha256))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Version):
            return NotImplemented
        return (self.run_id, self.labels_sha256) == (other.run_id, other.labels_sha256)


@lru_cache(maxsize=16)
def _sums(version: _Version) -> Sums:
    images, machine = study_images(version.report), machine_labels(version.run_id)
    labels = images.labels
    inside = np.nonzero(labels)
    return Sums(
        counts=_count(labels),
        maps={
            each.quantity.key: _totals(each, inside, labels[inside])
            for each in images.maps
            if each.quantity.key in SUMMED
        },
        overlap=int(np.count_nonzero((labels > 0) & (machine > 0))),
        machine=int(np.count_nonzero(machine)),
        changed=int(np.count_nonzero(labels != machine)),
    )


def moved(before: Sums, images: StudyImages, machine: Labels, changes: Changes) -> Sums:
    """Return the sums after some voxels took other labels."""
    where = np.unravel_index(changes.indices, images.geometry.shape, order="F")
    old, new, model = images.labels[where], changes.labels, machine[where]
    maps = {}
    for each in images.maps:
        if (key := each.quantity.key) not in before.maps:
            continue
        (n_old, t_old), (n_new, t_new) = _totals(each, where, old), _totals(each, where, new)
        n_valid, totals = before.maps[key]
        maps[key] = (n_valid - n_old + n_new, totals - t_old + t_new)
    return Sums(
        counts=before.counts - _count(old) + _count(new),
        maps=maps,
        overlap=before.overlap + _gain((model > 0) & (old > 0), (model > 0) & (new > 0)),
        machine=before.machine,
        changed=before.changed + _gain(old != model, new != model),
    )


def part_sums(images: StudyImages, parts: Labels) -> dict[str, tuple[Counts, Totals]]:
    """Return valid voxels and total by part of segment IV, for each map that is summed."""
    where = np.nonzero(parts)
    return {
        each.quantity.key: _totals(each, where, parts[where])
        for each in images.maps
        if each.quantity.key in SUMMED
    }


def _gain(before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(after)) - int(np.count_nonzero(before))


def _count(labels: Labels) -> Counts:
    return np.bincount(labels.ravel(), minlength=_BINS).astype(np.int64)


def _totals(each: TurnedMap, where: tuple[Any, ...], labels: Labels) -> tuple[Counts, Totals]:
    values = each.values[where].astype(np.float64)
    used = each.valid[where] & np.isfinite(values)
    totals: Totals = np.zeros(_BINS) + np.bincount(
        labels[used], weights=values[used], minlength=_BINS
    )
    return np.bincount(labels[used], minlength=_BINS).astype(np.int64), totals
