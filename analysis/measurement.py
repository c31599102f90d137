"""Measurements, histograms and what the quantification hands to the report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from analysis.findings import Finding
from analysis.quantities import BY_KEY, ENTROPY, RATIO, VOLUME_FRACTION, Quantity
from analysis.segment_four import Division
from analysis.volume import QuantityMap, read_only
from analysis.wording import Words


class Statistic(StrEnum):
    """Statistic of a quantity over a region; the IBSI or DICOM codes are in ``heterogeneity``."""

    MEAN = "mean"
    MEDIAN = "median"
    STANDARD_DEVIATION = "standard_deviation"
    P5 = "p5"
    P10 = "p10"
    P25 = "p25"
    P75 = "p75"
    P90 = "p90"
    P95 = "p95"
    INTERQUARTILE_RANGE = "interquartile_range"
    TOTAL = "total"  # for volume


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number that a reader sees.

    Parameters
    ----------
    quantity
        Key of ``analysis.quantities``.
    region
        Key of ``analysis.anatomy`` (``"liver"``, ``"segment_5"``).
    statistic
        A ``Statistic`` value or the name of a heterogeneity feature.
    value
        In ``unit``, unrounded.
    unit
        Unit as shown.
    standard_error
        Of ``value``, in the same unit, or None when it is not known.
    n_voxels
        Voxels that entered.
    method
        How it was obtained (fit, calibration, model), shown to readers.
    """

    quantity: str
    region: str
    statistic: str
    value: float
    unit: str
    standard_error: float | None
    n_voxels: int
    method: str

    def __post_init__(self) -> None:
        if not np.isfinite(self.value) or self.n_voxels < 0:
            raise ValueError(f"{self.quantity} of {self.region} is not a finite measurement")
        if self.quantity not in BY_KEY or self._shown_as() is None:
            raise ValueError(f"{self.quantity} of {self.region} cannot be shown in {self.unit!r}")

    def _shown_as(self) -> Quantity | None:
        choices = (BY_KEY[self.quantity], VOLUME_FRACTION, ENTROPY, RATIO)
        return next((quantity for quantity in choices if quantity.unit == self.unit), None)

    @property
    def shown_as(self) -> Quantity:
        """The quantity that formats the value: its own, or by unit (the skewness of PDFF)."""
        return self._shown_as() or RATIO

    @property
    def text(self) -> str:
        """The value with its unit, as it reads in every place that shows it."""
        return self.shown_as.format(self.value)

    @property
    def error_text(self) -> str:
        """The standard error with its unit, "< 0.1 %" when it rounds to nothing, or empty."""
        if self.standard_error is None:
            return ""
        shown = self.shown_as
        smallest = 10.0**-shown.decimals
        if self.standard_error < smallest / 2:
            return f"< {shown.format(smallest)}"
        return shown.format(self.standard_error)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Distribution of a quantity over a region: ``counts[n]`` voxels in [edges[n], edges[n+1]).

    Parameters
    ----------
    quantity, region
        Keys of ``analysis.quantities`` and ``analysis.anatomy``.
    edges
        (bins + 1,) float64 in the unit of the quantity.
    counts
        (bins,) int64.
    """

    quantity: str
    region: str
    edges: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "edges", read_only(np.array(self.edges), np.float64))
        object.__setattr__(self, "counts", read_only(np.array(self.counts), np.int64))
        if self.edges.shape != (self.counts.size + 1,):
            raise ValueError("a histogram has one edge more than counts")


@dataclass(frozen=True, slots=True)
class Grade:
    """An estimated grade from MRI (not histology), with the table it comes from.

    Parameters
    ----------
    quantity
        ``"PDFF"`` or ``"LIC"``.
    grade
        Such as ``"S1"`` or ``"mild"``.
    description
        In words, naming the range.
    table
        The named table of cut-offs with its source.
    is_borderline
        True when the value lies within the repeatability band of a cut-off.
    band
        The quantity's range of this grade and the table's short name, such as
        ``"PDFF 6.4–17.4 %, Tang 2013"``; empty in reports written before it was kept.
    is_equivalent
        True where the grade is the MRI's equivalent of a histological one.
    """

    quantity: str
    grade: str
    description: str
    table: str
    is_borderline: bool
    band: str = ""
    is_equivalent: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class MapSet:
    """The maps of one study, all on one grid.

    Parameters
    ----------
    maps
        One ``QuantityMap`` a quantity (PDFF, R2*, LIC, water, fat, ... those that exist).
    method
        Of the fit, in words.
    details
        Facts for the methods section, as (name, value with unit) pairs.
    findings
        What the fit noticed.
    words
        Those details that hold values and words of language.
    """

    maps: tuple[QuantityMap, ...]
    method: str
    details: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    words: tuple[Words, ...] = ()

    def get(self, key: str) -> QuantityMap | None:
        """Return the map of quantity ``key``, or None."""
        return next((m for m in self.maps if m.quantity.key == key), None)


@dataclass(frozen=True, slots=True, eq=False)
class Quantification:
    """Everything measured in one study."""

    measurements: tuple[Measurement, ...]
    histograms: tuple[Histogram, ...]
    grades: tuple[Grade, ...]
    findings: tuple[Finding, ...]
    division: Division | None = None  # of segment IV; None in results that knew no parts of it

    def get(self, quantity: str, region: str, statistic: str = "mean") -> Measurement | None:
        """Return the measurement asked for, or None."""
        wanted = (quantity, region, statistic)
        found = (m for m in self.measurements if (m.quantity, m.region, m.statistic) == wanted)
        return next(found, None)
