"""Philips: shown values are display values; signal needs the private scale slope.

References
----------
Chenevert 2014, doi:10.1593/tlo.13811: DV = PV*RS + RI and FP = DV / (RS*SS), with SS = (2005,100E).
dcm2niix issues 323, 493: real-world units make DV the quantity itself.
"""

from __future__ import annotations

import re

from analysis.ingest.header import ImageHeader
from analysis.ingest.vendor_rules import MILLIRADIANS, RADIANS, Scale, VendorRules
from analysis.study import Component, Role

ROLE_BY_MAP_TYPE = {
    "W": Role.WATER,
    "F": Role.FAT,
    "FF": Role.PDFF_MAP,
    "T2_STAR": Role.T2STAR_MAP,
    "R2_STAR": Role.R2STAR_MAP,
    "IP": Role.IN_PHASE,
    "OP": Role.OPPOSED_PHASE,
}
QUANTITATIVE_ROLES = (Role.PDFF_MAP, Role.R2STAR_MAP, Role.T2STAR_MAP)


def role(header: ImageHeader) -> Role | None:
    """Return the role from (2005,1011)."""
    return ROLE_BY_MAP_TYPE.get(header.vendor.philips_map_type)


def scale(header: ImageHeader, component: Component, role: Role) -> Scale | None:
    """Return the scale to floating-point signal; display values stay for phase and maps."""
    if component is Component.PHASE or role in QUANTITATIVE_ROLES:
        return None
    slope, precise = header.scale.slope, header.vendor.philips_scale_slope
    if not slope or not precise:
        return None
    return Scale(1.0 / precise, (header.scale.intercept or 0.0) / (slope * precise))


PHILIPS = VendorRules(
    name="Philips",
    manufacturer=re.compile("philips", re.IGNORECASE),
    role=role,
    scale=scale,
    phase_scales=(MILLIRADIANS, RADIANS),
)
