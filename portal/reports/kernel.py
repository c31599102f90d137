"""Smooth curves through a histogram: a Gaussian kernel over the bins of the report.

The curve is made from the report's own bins, never from the images, so that bars and curve are of
the same voxels. A second curve has the spread of the tissue alone: values drawn towards the mean
until their standard deviation is the one without the noise of the fit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.map_statistics import NOISE_CORRECTED
from analysis.measurement import Histogram, Statistic
from analysis.report import LiverReport

POINTS = 160
_SILVERMAN = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """``y`` in voxels a bin over ``x`` in the unit of the quantity."""

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]


def kernel_curves(report: LiverReport, histogram: Histogram) -> tuple[Curve, Curve | None]:
    """Return the curve of the values as measured, and that of the tissue without noise if known."""
    centres = (histogram.edges[:-1] + histogram.edges[1:]) / 2
    measured = _curve(histogram, centres)
    part = _tissue_part(report, histogram)
    mean = report.get(histogram.quantity, histogram.region, Statistic.MEAN)
    if part is None or mean is None:
        return measured, None
    return measured, _curve(histogram, mean.value + part * (centres - mean.value))


def _tissue_part(report: LiverReport, histogram: Histogram) -> float | None:
    """Return the SD without noise divided by the SD as measured."""
    plain, corrected = (
        report.get(histogram.quantity, histogram.region, name)
        for name in (Statistic.STANDARD_DEVIATION, NOISE_CORRECTED)
    )
    if plain is None or corrected is None or plain.value <= 0:
        return None
    return min(corrected.value / plain.value, 1.0)


def _curve(histogram: Histogram, centres: npt.NDArray[np.float64]) -> Curve:
    counts = histogram.counts.astype(np.float64)
    bin_width = float(histogram.edges[1] - histogram.edges[0])
    x = np.linspace(histogram.edges[0], histogram.edges[-1], max(POINTS, 2 * counts.size))
    width = max(_bandwidth(centres, counts), bin_width / 2)
    weights = np.exp(-0.5 * np.square((x[:, None] - centres[None, :]) / width))
    y = weights @ counts * (bin_width / (width * math.sqrt(2 * math.pi)))
    return Curve(x, y)


def _bandwidth(centres: npt.NDArray[np.float64], counts: npt.NDArray[np.float64]) -> float:
    """Silverman's rule of thumb: 0.9 min(SD, IQR / 1.34) n^(-1/5)."""
    total = counts.sum()
    if total <= 0:
        return 0.0
    mean = float(centres @ counts / total)
    deviation = math.sqrt(float(np.square(centres - mean) @ counts / total))
    share = np.cumsum(counts) / total
    quartiles = [float(centres[np.searchsorted(share, part)]) for part in (0.25, 0.75)]
    spread = min(deviation, (quartiles[1] - quartiles[0]) / 1.34) or deviation
    return float(_SILVERMAN * spread * total**-0.2)
