"""Rescale and Real World Value Mapping of an image (runs in the reading process).

References
----------
DICOM PS3.3 C.7.6.16.2.9 (Pixel Value Transformation), C.7.6.16.2.11 (Real World Value Mapping).
"""

from __future__ import annotations

from pydicom.dataset import Dataset

from analysis.ingest.elements import item, number, text
from analysis.ingest.header import StoredScale


def read_scale(rescale: Dataset | None, mapping: Dataset | None) -> StoredScale:
    """Return the scale of an image from the items that hold Rescale and the mapping sequence."""
    real_world = item(mapping, 0x00409096)
    unit = item(real_world, 0x004008EA)
    return StoredScale(
        slope=number(rescale, 0x00281053),
        intercept=number(rescale, 0x00281052),
        rescale_type=text(rescale, 0x00281054),
        real_world_slope=number(real_world, 0x00409225),
        real_world_intercept=number(real_world, 0x00409224),
        real_world_unit=text(unit, 0x00080100),
    )
