"""Regional iron: the calibration's uncertainty, shared by all voxels, and the molar unit."""

from __future__ import annotations

import math
from dataclasses import replace

from analysis.heterogeneity import ERODED, WITHOUT_VESSELS
from analysis.iron import CALIBRATIONS, IronCalibration, iron_standard_error, to_micromol_per_g
from analysis.measurement import Measurement, Statistic
from analysis.quantities import LIC_MOLAR

_MEANS = tuple(Statistic.MEAN.value + suffix for suffix in ("", ERODED, WITHOUT_VESSELS))


def calibration_of(method: str) -> IronCalibration | None:
    """Return the calibration that the method of an iron map names, or None."""
    return next((row for row in CALIBRATIONS if method.startswith(row.name)), None)


def with_calibration_error(measurement: Measurement) -> Measurement:
    """Return a mean iron concentration with the uncertainty of its calibration added.

    SE^2 = SE_fit^2 + s_a^2 + R2*^2 s_b^2, with R2* the rate of the mean concentration. All voxels
    share the calibration, so this part does not shrink with the size of the region.

    Parameters
    ----------
    measurement
        Of ``"LIC"``; statistics other than the mean are returned as they are, and so are means by
        a calibration that was published without confidence intervals (the method then says so).

    References
    ----------
    Hernando 2023, doi:10.1148/radiol.213256 (confidence intervals of intercept and slope).
    """
    calibration = calibration_of(measurement.method)
    if measurement.statistic not in _MEANS or calibration is None:
        return measurement
    if calibration.slope_ci95 is None:
        note = "the calibration's own uncertainty was not published and is not included"
        return replace(measurement, method=f"{measurement.method}; {note}")
    rate = rate_of(measurement.value, calibration)
    shared = float(iron_standard_error(rate, 0.0, calibration))
    note = "error with the calibration's 95 % interval"
    return replace(
        measurement,
        standard_error=math.hypot(measurement.standard_error or 0.0, shared),
        method=f"{measurement.method}; {note}",
    )


def rate_of(concentration_mg_per_g: float, calibration: IronCalibration) -> float:
    """Return the R2* in 1/s that the calibration turns into a concentration in mg/g.

    R2* = ((LIC - a) / b)^(1/n), continued with the sign below the intercept.
    """
    powered = (concentration_mg_per_g - calibration.intercept_mg_per_g) / calibration.slope
    return math.copysign(abs(powered) ** (1.0 / calibration.exponent), powered)


def in_micromol_per_g(measurement: Measurement) -> Measurement:
    """Return an iron concentration in mg/g as one in µmol/g, its error with it.

    Parameters
    ----------
    measurement
        Of ``"LIC"``, in mg/g.
    """
    error = measurement.standard_error
    return replace(
        measurement,
        quantity=LIC_MOLAR.key,
        value=to_micromol_per_g(measurement.value),
        unit=LIC_MOLAR.unit,
        standard_error=None if error is None else to_micromol_per_g(error),
    )
