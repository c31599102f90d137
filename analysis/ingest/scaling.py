"""From stored to shown values, and from shown phase to radians.

References
----------
DICOM PS3.3 C.11.1.1.2 (Rescale), C.7.6.16.2.11 (Real World Value Mapping).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from analysis.ingest.header import ImageHeader
from analysis.ingest.vendor_rules import PhaseScale, Scale, VendorRules
from analysis.study import Component, Role

NO_UNITS = ("", "1", "{no units}", "no units", "[arb'u]", "{arb}")


def scale_of(header: ImageHeader, component: Component, role: Role, vendor: VendorRules) -> Scale:
    """Return the scale of an image: the vendor's rule, a mapping with a unit, Rescale, or 1."""
    return vendor.scale(header, component, role) or standard_scale(header)


def standard_scale(header: ImageHeader) -> Scale:
    """Return the scale by the standard; a mapping to real units comes before Rescale."""
    stored = header.scale
    mapped = Scale(stored.real_world_slope or 0.0, stored.real_world_intercept or 0.0)
    rescaled = Scale(stored.slope or 0.0, stored.intercept or 0.0)
    has_unit = stored.real_world_unit.lower() not in NO_UNITS
    ordered = (mapped, rescaled) if has_unit else (rescaled, mapped)
    return next((scale for scale in ordered if scale.slope), Scale())


def phase_scale(
    phases: Sequence[npt.NDArray[np.float32]], scales: Sequence[PhaseScale]
) -> PhaseScale | None:
    """Return the first scale that fits the values of all echoes together, or None."""
    lowest = min((float(values.min()) for values in phases), default=math.nan)
    highest = max((float(values.max()) for values in phases), default=math.nan)
    return next((scale for scale in scales if scale.fits(lowest, highest)), None)


def to_radians(values: npt.NDArray[np.float32], scale: PhaseScale) -> npt.NDArray[np.float32]:
    """Return phase in radians, same shape."""
    factor = np.float32(math.pi / scale.half_range)
    return (values - np.float32(scale.centre)) * factor
