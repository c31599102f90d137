"""Change of the same tissue: both visits measured in this visit's regions, carried back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.anatomy import LIVER, PARTS_OF_4, REGIONS, SEGMENTS
from analysis.change.map_pair import PLACEMENT_MM, MapPair, Values, carry, slopes_at
from analysis.change.verdict import Change, judge, not_compared
from analysis.measurement import Measurement, Statistic
from analysis.precision import noise_correlation_voxels
from analysis.segment_four import IVA
from analysis.volume import QuantityMap
from analysis.wording import words

LEAST_SHARE = 0.25
LEAST_VOXELS = 20
TOO_LITTLE = words("too little of this region is known at both visits")


@dataclass(frozen=True, slots=True, eq=False)
class _Tissue:
    """Both visits at the n voxels of the follow-up's liver; variances are of single voxels."""

    before: Values
    after: Values
    variance_before: Values
    variance_after: Values
    slopes: Values
    known: npt.NDArray[np.bool_]
    voxels_before: float  # voxels of the baseline that one voxel of the follow-up covers


def tissue_changes(pair: MapPair) -> tuple[Change, ...]:
    """Measure the liver and each segment of the follow-up in both maps.

    Other than the difference of two reports' segments, this does not move when a border between
    segments was drawn differently. SE² of a difference = c Σ se² / n² of both maps, plus the
    region's mean gradient times 2.5 mm, as misplacement moves a region as a whole.

    Parameters
    ----------
    pair
        The quantity at both visits; single voxels are used, not the averaged maps.

    Returns
    -------
    The liver first, then the segments that the follow-up has; one of which less than a quarter is
    known at both visits is not compared. IVa and IVb follow segment IV.
    """
    tissue, regions = _read(pair), _regions(pair)
    keys = (region.key for region in REGIONS if region.key in regions)
    return tuple(_change(pair, tissue, key, regions[key]) for key in keys)


def _regions(pair: MapPair) -> dict[str, npt.NDArray[np.bool_]]:
    """Return which of the n voxels of the liver lie in each region that has any."""
    labels = pair.follow_up_labels.array[pair.liver]
    found = {LIVER.key: labels > 0} | {s.key: labels == s.label for s in SEGMENTS}
    if pair.parts is not None:
        parts = pair.parts[pair.liver]
        found |= {part.key: parts == n for n, part in enumerate(PARTS_OF_4, IVA)}
    return {key: region for key, region in found.items() if region.any()}


def _read(pair: MapPair) -> _Tissue:
    source, later = pair.baseline, pair.follow_up
    usable = source.valid & pair.baseline_labels.liver
    before, known = carry(source.volume.array, usable, pair.index)
    variance, _ = carry(_variances(source, pair.baseline_labels.liver), usable, pair.index)
    sizes = later.geometry.voxel_volume_ml / source.geometry.voxel_volume_ml
    return _Tissue(
        before=before,
        after=later.volume.array[pair.liver].astype(np.float64),
        variance_before=variance,
        variance_after=_variances(later, pair.liver)[pair.liver].astype(np.float64),
        slopes=slopes_at(pair),
        known=known & later.valid[pair.liver],
        voxels_before=sizes,
    )


def _variances(quantity_map: QuantityMap, liver: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Return c se² of each voxel; zero where the fit gave no errors."""
    if quantity_map.standard_error is None:
        return np.zeros(quantity_map.geometry.shape, dtype=np.float32)
    correlation = np.float32(noise_correlation_voxels(quantity_map, liver))
    result: npt.NDArray[np.float32] = correlation * np.square(quantity_map.standard_error)
    return result


def _change(pair: MapPair, tissue: _Tissue, key: str, region: npt.NDArray[np.bool_]) -> Change:
    used = region & tissue.known
    count = int(used.sum())
    if count < max(LEAST_VOXELS, LEAST_SHARE * region.sum()):
        return not_compared(pair.quantity.key, key, None, None, TOO_LITTLE)
    noise = np.mean(tissue.variance_after[used]) / count
    noise += np.mean(tissue.variance_before[used]) / (count * tissue.voxels_before)
    drift = np.square(tissue.slopes[:, used].mean(axis=1)).sum() * PLACEMENT_MM**2
    return judge(
        _mean(pair.baseline, key, tissue.before[used], "carried to this visit"),
        _mean(pair.follow_up, key, tissue.after[used], "where both visits are known"),
        float(np.sqrt(noise + drift)),
        pair.repeatability,
        pair.shared_error,
    )


def _mean(quantity_map: QuantityMap, key: str, values: Values, how: str) -> Measurement:
    return Measurement(
        quantity=quantity_map.quantity.key,
        region=key,
        statistic=Statistic.MEAN,
        value=float(values.mean()),
        unit=quantity_map.quantity.unit,
        standard_error=None,
        n_voxels=values.size,
        method=f"{quantity_map.method}, {how}",
    )
