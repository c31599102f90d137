"""Which part of the complex signal an image shows."""

from __future__ import annotations

import re

from analysis.ingest.header import ImageHeader
from analysis.ingest.vendor_rules import VendorRules
from analysis.study import Component

BY_KEYWORD = {component.value.upper(): component for component in Component}
IMAGE_TYPE_PATTERNS: tuple[tuple[re.Pattern[str], Component], ...] = (
    (re.compile(r"P|PHASE|PHASE[ _]MAP|P_[A-Z]{2,4}"), Component.PHASE),
    (re.compile(r"R|REAL|R_[A-Z]{2,4}"), Component.REAL),
    (re.compile(r"I|IMAGINARY|IMAG|I_[A-Z]{2,4}"), Component.IMAGINARY),
    (re.compile(r"M|MAGNITUDE|M_[A-Z]{2,4}"), Component.MAGNITUDE),
)


def component_of(header: ImageHeader, vendor: VendorRules) -> Component:
    """Return the component: private tag, Complex Image Component, Image Type, else magnitude."""
    return (
        vendor.component(header)
        or BY_KEYWORD.get(header.complex_component)
        or component_by_image_type(header.image_type)
        or Component.MAGNITUDE
    )


def component_by_image_type(image_type: tuple[str, ...]) -> Component | None:
    """Return the component that the values after ORIGINAL/DERIVED and PRIMARY name, if any."""
    for value in image_type[2:]:
        for pattern, component in IMAGE_TYPE_PATTERNS:
            if pattern.fullmatch(value):
                return component
    return None
