"""Siemens: phase stored as -4096..4094 (or 0..4095 without Rescale), components in ImageType.

References
----------
MRtrix3 issue 3009 (phase = value / 4096 * pi); checked on real images with Rescale 2, -4096.
"""

from __future__ import annotations

import re

from analysis.ingest.header import ImageHeader
from analysis.ingest.vendor_rules import RADIANS, PhaseScale, VendorRules
from analysis.study import Component

PHASE_12_BIT_UNSIGNED = PhaseScale(2048.0, 2048.0)
PHASE_13_BIT_SIGNED = PhaseScale(0.0, 4096.0)
BY_LETTER = {
    "M": Component.MAGNITUDE,
    "P": Component.PHASE,
    "R": Component.REAL,
    "I": Component.IMAGINARY,
}


def component(header: ImageHeader) -> Component | None:
    """Return the component from (0051,1016), such as ``P/ND``, where ImageType was blanked."""
    if len(header.image_type) > 2 or header.complex_component:
        return None
    return BY_LETTER.get(header.vendor.siemens_image_type.split("/")[0])


SIEMENS = VendorRules(
    name="Siemens",
    manufacturer=re.compile("siemens", re.IGNORECASE),
    component=component,
    phase_scales=(PHASE_12_BIT_UNSIGNED, PHASE_13_BIT_SIGNED, RADIANS),
)
