"""Canon and Toshiba: classic exports are read; enhanced exports have known defects.

References
----------
dcm2niix notes on Canon: enhanced exports set Temporal Position Index to 1 everywhere.
"""

from __future__ import annotations

import re

from analysis.ingest.header import ENHANCED_MR, ImageHeader
from analysis.ingest.vendor_rules import VendorRules
from analysis.wording import Words, words


def caution(header: ImageHeader) -> Words | None:
    """Warn about enhanced exports."""
    if header.series.sop_class_uid != ENHANCED_MR:
        return None
    return words(
        "Enhanced exports of Canon scanners are known to number their images wrongly; compare "
        "with a classic export."
    )


CANON = VendorRules(
    name="Canon",
    manufacturer=re.compile("canon|toshiba", re.IGNORECASE),
    caution=caution,
)
