"""The measurements of one map: statistics and histograms of the liver and its segments."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.anatomy import LEFT_LOBE, LIVER, RIGHT_LOBE, SEGMENTS
from analysis.grading import GradingTable, fractions_by_band
from analysis.heterogeneity import (
    ERODED,
    FEATURE_BY_NAME,
    WITHOUT_VESSELS,
    coarse_standard_deviation,
    first_order,
    histogram_features,
    noise_corrected_standard_deviation,
)
from analysis.measurement import Histogram, Measurement, Statistic
from analysis.precision import noise_correlation_voxels, standard_error_of_mean
from analysis.quantities import (
    ENTROPY,
    FAT_SIGNAL_FRACTION,
    LIC,
    PDFF,
    R2STAR,
    T2STAR,
    VOLUME_FRACTION,
    Quantity,
)
from analysis.regions import LiverBox, RegionSamples, sample_regions
from analysis.volume import QuantityMap

# Fixed, so that histograms and entropies of two studies can be compared.
BIN_WIDTHS: dict[str, float] = {
    PDFF.key: 1.0,
    FAT_SIGNAL_FRACTION.key: 1.0,
    R2STAR.key: 5.0,
    T2STAR.key: 1.0,
    LIC.key: 0.1,
}
CORE_STATISTICS = frozenset(s.value for s in Statistic if s is not Statistic.TOTAL)
NOISE_CORRECTED = "standard_deviation_noise_corrected"
COARSE = "standard_deviation_10mm"
RIGHT_MINUS_LEFT = "right_minus_left"
SEGMENT_RANGE = "segment_mean_range"
BAND_FRACTION = "volume_fraction_"


@dataclass(frozen=True, slots=True, eq=False)
class MapSamples:
    """One map, sampled: whole regions, their core, the part without vessels, noise correlation.

    ``clear`` is empty when vessels could not be looked for.
    """

    cropped: QuantityMap
    whole: dict[str, RegionSamples]
    eroded: dict[str, RegionSamples]
    clear: dict[str, RegionSamples]
    inside: LiverBox
    correlation_voxels: float

    @property
    def quantity(self) -> Quantity:
        """The quantity of the map."""
        return self.cropped.quantity


def sample_map(
    quantity_map: QuantityMap, box: LiverBox, vessels: npt.NDArray[np.bool_] | None = None
) -> MapSamples:
    """Sample a map in all regions: over the whole mask, over its core, and without vessels.

    Parameters
    ----------
    quantity_map
        On the grid of the labels.
    box
        The liver.
    vessels
        (i, j, k) bool in the box, see ``find_vessels``, or None when they are not known.
    """
    cropped = box.crop(quantity_map)
    return MapSamples(
        cropped=cropped,
        whole=sample_regions(box, cropped),
        eroded=sample_regions(box, cropped, within=box.core),
        clear={} if vessels is None else sample_regions(box, cropped, within=~vessels),
        inside=box,
        correlation_voxels=noise_correlation_voxels(cropped, box.labels > 0),
    )


def mean_error(samples: RegionSamples, correlation_voxels: float) -> float | None:
    """Return the standard error of the mean of a region, see ``analysis.precision``."""
    return standard_error_of_mean(
        samples.values,
        samples.variances,
        n_region=samples.n_region,
        correlation_voxels=correlation_voxels,
    )


def build_histograms(sampled: MapSamples) -> tuple[Histogram, ...]:
    """Return one histogram a region, all with the same edges of fixed width that cover the data."""
    liver = sampled.whole[LIVER.key].values
    if liver.size == 0:
        return ()
    width = BIN_WIDTHS[sampled.quantity.key]
    first, last = int(liver.min() // width), int(liver.max() // width) + 1
    # Division rounds: an edge computed from the same number may lie on the wrong side of it.
    first -= first * width > liver.min()
    last += last * width <= liver.max()
    edges = np.round(np.arange(first, last + 1, dtype=np.float64) * width, 9)
    return tuple(
        Histogram(sampled.quantity.key, region, edges, np.histogram(samples.values, edges)[0])
        for region, samples in sampled.whole.items()
        if samples.values.size
    )


def measure_map(
    sampled: MapSamples, histograms: tuple[Histogram, ...], table: GradingTable | None
) -> tuple[Measurement, ...]:
    """Return every measurement of one map.

    Statistics over the mask eroded by one voxel carry the suffix ``_eroded``, those without
    vessels ``_without_vessels``.

    Parameters
    ----------
    sampled
        The map in its regions.
    histograms
        Of the same map, for the entropy.
    table
        Cut-offs for the shares of volume a grade, or None.
    """
    result: list[Measurement] = []
    for samples in sampled.whole.values():
        result += _region(sampled, samples)
    for samples in sampled.eroded.values():
        result += _region(sampled, samples, ERODED, "; mask eroded by one voxel")
    for samples in sampled.clear.values():
        result += _region(sampled, samples, WITHOUT_VESSELS, _vessel_note(sampled, samples))
    for histogram in histograms:
        result += _histogram(sampled, histogram)
    liver = sampled.whole[LIVER.key]
    if liver.values.size:
        result += _spread(sampled, liver)
        result += _lobes(sampled)
        result += _bands(sampled, liver, table)
    return tuple(result)


def _vessel_note(sampled: MapSamples, samples: RegionSamples) -> str:
    share = 100 * (1 - samples.n_region / sampled.whole[samples.region].n_region)
    return f"; without vessels found in the water and R2* maps ({share:.1f} % of the region)"


def _region(
    sampled: MapSamples, samples: RegionSamples, suffix: str = "", note: str = ""
) -> list[Measurement]:
    if samples.values.size == 0:
        return []
    result = []
    for name, value in first_order(samples.values).items():
        feature = FEATURE_BY_NAME[name]
        if feature.unit_power > 1 or (suffix and name not in CORE_STATISTICS):
            continue
        result.append(
            Measurement(
                quantity=sampled.quantity.key,
                region=samples.region,
                statistic=name + suffix,
                value=value,
                unit=sampled.quantity.unit if feature.unit_power else "",
                standard_error=_mean_only(name, samples, sampled.correlation_voxels),
                n_voxels=samples.values.size,
                method=sampled.cropped.method + note,
            )
        )
    return result


def _mean_only(name: str, samples: RegionSamples, correlation_voxels: float) -> float | None:
    return mean_error(samples, correlation_voxels) if name == Statistic.MEAN else None


def _histogram(sampled: MapSamples, histogram: Histogram) -> list[Measurement]:
    width = BIN_WIDTHS[histogram.quantity]
    bins = f"bins of {width:g} {sampled.quantity.unit}"
    units = {"entropy": ENTROPY.unit, "uniformity": ""}
    return [
        Measurement(
            quantity=histogram.quantity,
            region=histogram.region,
            statistic=name,
            value=value,
            unit=units[name],
            standard_error=None,
            n_voxels=int(histogram.counts.sum()),
            method=f"{sampled.cropped.method}; {bins}",
        )
        for name, value in histogram_features(histogram).items()
    ]


def _spread(sampled: MapSamples, liver: RegionSamples) -> list[Measurement]:
    """Spread of the tissue: without noise, over a centimetre, and between segments."""
    result = []
    if liver.variances is not None:
        for samples in sampled.whole.values():
            if samples.values.size and samples.variances is not None:
                value = noise_corrected_standard_deviation(samples.values, samples.variances)
                note = "square root of SD² minus mean fit variance"
                result.append(_derived(sampled, samples, NOISE_CORRECTED, value, note))
    inside = (sampled.inside.labels > 0) & sampled.cropped.valid
    spacing_mm = sampled.cropped.geometry.spacing_mm
    coarse = coarse_standard_deviation(sampled.cropped.volume.array, inside, spacing_mm)
    if coarse is not None:
        note = f"SD of the means of {coarse[1]} cubes of 10 mm"
        result.append(_derived(sampled, liver, COARSE, coarse[0], note))
    means = [
        float(np.mean(found.values))
        for segment in SEGMENTS
        if (found := sampled.whole.get(segment.key)) is not None and found.values.size
    ]
    if len(means) > 1:
        note = "largest minus smallest segmental mean"
        result.append(_derived(sampled, liver, SEGMENT_RANGE, max(means) - min(means), note))
    return result


def _derived(
    sampled: MapSamples,
    samples: RegionSamples,
    statistic: str,
    value: float,
    note: str,
    standard_error: float | None = None,
) -> Measurement:
    return Measurement(
        quantity=sampled.quantity.key,
        region=samples.region,
        statistic=statistic,
        value=value,
        unit=sampled.quantity.unit,
        standard_error=standard_error,
        n_voxels=samples.values.size,
        method=f"{sampled.cropped.method}; {note}",
    )


def _lobes(sampled: MapSamples) -> list[Measurement]:
    """Mean of segments V-VIII minus mean of segments II-IV, voxels weighted alike."""
    right = _join(sampled.whole, RIGHT_LOBE)
    left = _join(sampled.whole, LEFT_LOBE)
    if right is None or left is None:
        return []
    error_right = mean_error(right, sampled.correlation_voxels)
    error_left = mean_error(left, sampled.correlation_voxels)
    error = None
    if error_right is not None and error_left is not None:
        error = math.hypot(error_right, error_left)
    both = RegionSamples(
        LIVER.key,
        np.concatenate([right.values, left.values]),
        None,
        right.n_region + left.n_region,
    )
    return [
        _derived(
            sampled,
            both,
            RIGHT_MINUS_LEFT,
            float(np.mean(right.values) - np.mean(left.values)),
            "segments V-VIII minus segments II-IV",
            error,
        )
    ]


def _join(samples: dict[str, RegionSamples], regions: tuple[str, ...]) -> RegionSamples | None:
    parts = [samples[region] for region in regions if region in samples]
    if not any(part.values.size for part in parts):
        return None
    noise = [part.variances for part in parts if part.variances is not None]
    return RegionSamples(
        LIVER.key,
        np.concatenate([part.values for part in parts]),
        np.concatenate(noise) if len(noise) == len(parts) else None,
        sum(part.n_region for part in parts),
    )


def _bands(
    sampled: MapSamples, liver: RegionSamples, table: GradingTable | None
) -> list[Measurement]:
    if table is None:
        return []
    return [
        Measurement(
            quantity=sampled.quantity.key,
            region=LIVER.key,
            statistic=BAND_FRACTION + name,
            value=share,
            unit=VOLUME_FRACTION.unit,
            standard_error=None,
            n_voxels=liver.values.size,
            method=f"share of voxels by {table.name}; single voxels carry the noise of the fit",
        )
        for name, share in fractions_by_band(liver.values, table)
    ]
