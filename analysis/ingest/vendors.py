"""The one list of manufacturers with rules of their own."""

from __future__ import annotations

import re

from analysis.ingest.canon import CANON
from analysis.ingest.ge import GE
from analysis.ingest.philips import PHILIPS
from analysis.ingest.siemens import SIEMENS
from analysis.ingest.vendor_rules import VendorRules

VENDORS: tuple[VendorRules, ...] = (SIEMENS, GE, PHILIPS, CANON)
ANY_VENDOR = VendorRules(name="", manufacturer=re.compile(""))


def rules_for(manufacturer: str) -> VendorRules:
    """Return the rules of a manufacturer, the standard's alone where it has none."""
    found = (rules for rules in VENDORS if rules.manufacturer.search(manufacturer))
    return next(found, ANY_VENDOR)
