"""Private elements that change what an image means (runs in the reading process).

References
----------
dcm2niix notes on Philips (2005,100E), (2005,1011) and GE (0043,102F), (0019,109C).
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from analysis.ingest.elements import private_value
from analysis.ingest.header import VendorTags
from analysis.ingest.values import as_number, as_text

PHILIPS = "Philips MR Imaging DD 001"
GE_PARAMETERS = "GEMS_PARM_01"
GE_ACQUISITION = "GEMS_ACQU_01"
SIEMENS = "SIEMENS MR HEADER"


def read_vendor_tags(dataset: Dataset | None, manufacturer: str) -> VendorTags:
    """Return the private facts of an image; looks only where its manufacturer writes them."""
    vendor = manufacturer.upper()
    if "PHILIPS" in vendor:
        return VendorTags(
            philips_scale_slope=as_number(private_value(dataset, 0x2005, PHILIPS, 0x0E)),
            philips_map_type=as_text(private_value(dataset, 0x2005, PHILIPS, 0x11)).upper(),
        )
    if vendor.startswith("GE"):
        component = as_number(private_value(dataset, 0x0043, GE_PARAMETERS, 0x2F))
        return VendorTags(
            ge_component=None if component is None else round(component),
            ge_sequence=as_text(private_value(dataset, 0x0019, GE_ACQUISITION, 0x9C)).lower(),
        )
    if "SIEMENS" in vendor:
        image_type = as_text(private_value(dataset, 0x0051, SIEMENS, 0x16)).upper()
        return VendorTags(siemens_image_type=image_type)
    return VendorTags()
