"""First-order statistics of a region, with the names and codes of IBSI and DICOM.

Values, not ranks of a texture: the eighteen intensity statistics of IBSI-1 (section 3.3) and the
entropy and uniformity of the intensity histogram (section 3.4) at a fixed bin width.

References
----------
Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145; reference manual arXiv:1612.07003.
DICOM derivation codes: PS3.16 CID 226 and CID 7464.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.measurement import Histogram

Values = npt.NDArray[np.float64]
# Suffixes of statistics over the mask eroded by one voxel, and over the mask without vessels.
ERODED = "_eroded"
WITHOUT_VESSELS = "_without_vessels"


@dataclass(frozen=True, slots=True)
class Feature:
    """A statistic over the voxels of a region.

    Parameters
    ----------
    name
        Value of ``Measurement.statistic``.
    words
        Name shown to readers.
    ibsi
        IBSI code, or empty.
    dicom
        (value, scheme, meaning) of the derivation in DICOM, or None.
    unit_power
        Power of the quantity's unit in the unit of the feature: 1 for a mean, 0 for a ratio.
    """

    name: str
    words: str
    ibsi: str = ""
    dicom: tuple[str, str, str] | None = None
    unit_power: int = 1


FEATURES: tuple[Feature, ...] = (
    Feature("mean", "Mean", "Q4LE", ("373098007", "SCT", "Mean")),
    Feature("median", "Median", "Y12H", ("373099004", "SCT", "Median")),
    Feature(
        "standard_deviation",
        "Standard deviation",
        "",
        ("386136009", "SCT", "Standard Deviation"),
    ),
    Feature("variance", "Variance", "ECT3", None, 2),
    Feature("minimum", "Minimum", "1GSF", ("255605001", "SCT", "Minimum")),
    Feature("maximum", "Maximum", "84IY", ("56851009", "SCT", "Maximum")),
    Feature("p5", "5th percentile", "", ("371888009", "SCT", "5th percentile of population")),
    Feature(
        "p10", "10th percentile", "QG58", ("371890005", "SCT", "10th percentile of population")
    ),
    Feature("p25", "25th percentile"),
    Feature("p75", "75th percentile"),
    Feature(
        "p90", "90th percentile", "8DWT", ("371887004", "SCT", "90th percentile of population")
    ),
    Feature("p95", "95th percentile", "", ("371889001", "SCT", "95th percentile of population")),
    Feature(
        "interquartile_range",
        "Interquartile range",
        "SALO",
        ("130614", "DCM", "Inter-quartile range of population"),
    ),
    Feature("range", "Range", "2OJQ"),
    Feature("mean_absolute_deviation", "Mean absolute deviation", "4FUA"),
    Feature("robust_mean_absolute_deviation", "Robust mean absolute deviation", "1128"),
    Feature("median_absolute_deviation", "Median absolute deviation", "N72L"),
    Feature("root_mean_square", "Root mean square", "5ZWQ"),
    Feature("energy", "Energy", "N8CA", None, 2),
    Feature("skewness", "Skewness", "KE2A", ("126051", "DCM", "Skewness"), 0),
    Feature("excess_kurtosis", "Excess kurtosis", "IPH6", ("126052", "DCM", "Kurtosis"), 0),
    Feature(
        "coefficient_of_variation",
        "Coefficient of variation",
        "7TET",
        ("C0681921", "UMLS", "Coefficient of Variance"),
        0,
    ),
    Feature(
        "quartile_coefficient_of_dispersion", "Quartile coefficient of dispersion", "9S40", None, 0
    ),
    Feature("entropy", "Entropy of the histogram", "TLU2", None, 0),
    Feature("uniformity", "Uniformity of the histogram", "BJ5W", None, 0),
)
FEATURE_BY_NAME: dict[str, Feature] = {feature.name: feature for feature in FEATURES}


def first_order(values: Values) -> dict[str, float]:
    """Return the intensity statistics of the voxels of a region, by feature name.

    Population moments (division by n) and excess kurtosis, as IBSI defines them; percentiles by
    linear interpolation. A ratio whose denominator is not positive is left out, and so are
    skewness and kurtosis of a constant.

    Parameters
    ----------
    values
        (n,) n >= 1, in the unit of the quantity.

    Raises
    ------
    ValueError
        If there are no voxels.
    """
    if values.size == 0:
        raise ValueError("statistics need at least one voxel")
    result = _order_statistics(values) | _moments(values) | _deviations(values)
    if result["p25"] + result["p75"] > 0:
        spread = result["interquartile_range"] / (result["p25"] + result["p75"])
        result["quartile_coefficient_of_dispersion"] = spread
    return {name: result[name] for name in FEATURE_BY_NAME if name in result}


def _order_statistics(values: Values) -> dict[str, float]:
    names = ("minimum", "p5", "p10", "p25", "median", "p75", "p90", "p95", "maximum")
    found = np.percentile(values, (0, 5, 10, 25, 50, 75, 90, 95, 100))
    result = {name: float(value) for name, value in zip(names, found, strict=True)}
    result["interquartile_range"] = result["p75"] - result["p25"]
    result["range"] = result["maximum"] - result["minimum"]
    return result


def _moments(values: Values) -> dict[str, float]:
    mean = float(np.mean(values))
    centred = values - mean
    variance = float(np.mean(centred**2))
    energy = float(np.sum(values**2))
    result = {
        "mean": mean,
        "variance": variance,
        "standard_deviation": variance**0.5,
        "energy": energy,
        "root_mean_square": (energy / values.size) ** 0.5,
    }
    # A spread within rounding of the values has no shape: dividing by it would invent one.
    if variance > (1e-7 * max(abs(mean), 1e-30)) ** 2:
        result["skewness"] = float(np.mean(centred**3)) / variance**1.5
        result["excess_kurtosis"] = float(np.mean(centred**4)) / variance**2 - 3.0
    if mean > 0:
        result["coefficient_of_variation"] = variance**0.5 / mean
    return result


def _deviations(values: Values) -> dict[str, float]:
    low, middle, high = np.percentile(values, (10, 50, 90))
    core = values[(values >= low) & (values <= high)]
    return {
        "mean_absolute_deviation": float(np.mean(np.abs(values - np.mean(values)))),
        "robust_mean_absolute_deviation": float(np.mean(np.abs(core - np.mean(core)))),
        "median_absolute_deviation": float(np.mean(np.abs(values - middle))),
    }


def histogram_features(histogram: Histogram) -> dict[str, float]:
    """Return entropy (bit) and uniformity of a histogram with fixed bin width.

    entropy = -sum p log2 p, uniformity = sum p^2, with p the share of voxels in a bin.

    Raises
    ------
    ValueError
        If the histogram is empty.
    """
    total = int(histogram.counts.sum())
    if total == 0:
        raise ValueError("an empty histogram has no entropy")
    share = histogram.counts[histogram.counts > 0] / total
    return {
        "entropy": float(-np.sum(share * np.log2(share))),
        "uniformity": float(np.sum(share**2)),
    }


def noise_corrected_standard_deviation(values: Values, variances: Values) -> float:
    """Return the spread of the tissue without the noise of the fit.

    SD_tissue = sqrt(max(0, SD^2 - mean(se_i^2)))

    At usual noise the spread of single voxels is mostly noise: the raw SD of a uniform liver is
    the noise, and this is near 0. No published name is known for it.

    Parameters
    ----------
    values, variances
        (n,) values and squared standard errors of the fit.
    """
    return float(np.sqrt(max(0.0, float(np.var(values)) - float(np.mean(variances)))))


def coarse_standard_deviation(
    values: npt.NDArray[np.float32],
    inside: npt.NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
    scale_mm: float = 10.0,
) -> tuple[float, int] | None:
    """Return the spread of the means over cubes of ``scale_mm``, and how many cubes entered.

    Averaging first takes the noise down and leaves what varies over a centimetre. Cubes with fewer
    than half of their voxels in the region are left out.

    Parameters
    ----------
    values
        (i, j, k), in the unit of the quantity.
    inside
        (i, j, k) bool: valid voxels of the region.
    spacing_mm
        Along i, j, k.
    scale_mm
        Edge of the cubes; at least one voxel along each axis.

    Returns
    -------
    (SD, number of cubes), or None with fewer than two cubes.
    """
    steps = [max(1, round(scale_mm / spacing)) for spacing in spacing_mm]
    cells = [np.arange(size) // step for size, step in zip(inside.shape, steps, strict=True)]
    counts = [int(cell[-1]) + 1 for cell in cells]
    i, j, k = np.nonzero(inside)
    cell = (cells[0][i] * counts[1] + cells[1][j]) * counts[2] + cells[2][k]
    size = int(np.prod(counts))
    n = np.bincount(cell, minlength=size)
    total = np.bincount(cell, weights=values[inside].astype(np.float64), minlength=size)
    full = n * 2 >= np.prod(steps)
    if np.count_nonzero(full) < 2:
        return None
    return float(np.std(total[full] / n[full])), int(np.count_nonzero(full))
