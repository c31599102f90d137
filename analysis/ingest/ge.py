"""GE: the component is in a private tag and phase is stored in thousandths of a radian.

References
----------
dcm2niix notes on GE: (0043,102F) 0/1/2/3 = magnitude/phase/real/imaginary. The scale was checked on
real dual-echo images whose phase spans -3141..3142.
"""

from __future__ import annotations

import re

from analysis.ingest.header import ImageHeader
from analysis.ingest.vendor_rules import MILLIRADIANS, RADIANS, VendorRules
from analysis.study import Component

BY_NUMBER = {
    0: Component.MAGNITUDE,
    1: Component.PHASE,
    2: Component.REAL,
    3: Component.IMAGINARY,
}


def component(header: ImageHeader) -> Component | None:
    """Return the component from (0043,102F); GE leaves ImageType at ORIGINAL, PRIMARY, OTHER."""
    number = header.vendor.ge_component
    return None if number is None else BY_NUMBER.get(number)


def is_ideal(header: ImageHeader) -> bool:
    """Tell whether the private pulse sequence name is that of IDEAL-IQ.

    A combined IDEAL-IQ series numbers its maps in an order that changed between versions.
    """
    return header.vendor.ge_sequence.startswith(("ideal3d", "idealarc"))


GE = VendorRules(
    name="GE",
    manufacturer=re.compile(r"^ge\b|general electric", re.IGNORECASE),
    component=component,
    phase_scales=(MILLIRADIANS, RADIANS),
    is_combined_maps=is_ideal,
)
