from __future__ import annotations

import pytest

from analysis.ingest.components import component_of
from analysis.ingest.header import VendorTags
from analysis.ingest.vendors import rules_for
from analysis.study import Component
from tests.analysis.ingest.headers import image_header, series_header

MAGNITUDE, PHASE = Component.MAGNITUDE, Component.PHASE
REAL, IMAGINARY = Component.REAL, Component.IMAGINARY


@pytest.mark.parametrize(
    ("image_type", "expected"),
    [
        (("ORIGINAL", "PRIMARY", "M", "ND"), MAGNITUDE),
        (("ORIGINAL", "PRIMARY", "P", "ND"), PHASE),
        (("ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"), MAGNITUDE),
        (("ORIGINAL", "PRIMARY", "PHASE MAP", "P", "FFE"), PHASE),
        (("ORIGINAL", "PRIMARY", "R_FFE", "R", "FFE"), REAL),
        (("ORIGINAL", "PRIMARY", "I_FFE", "I", "FFE"), IMAGINARY),
        (("DERIVED", "PRIMARY", "MAGNITUDE"), MAGNITUDE),
        (("ORIGINAL", "PRIMARY", "OTHER"), MAGNITUDE),
        (("P", "PRIMARY"), MAGNITUDE),
    ],
)
def test_image_type_tells_the_component(image_type: tuple[str, ...], expected: Component) -> None:
    header = image_header(image_type=image_type)

    assert component_of(header, rules_for("Unknown")) is expected


def test_complex_image_component_comes_before_image_type() -> None:
    header = image_header(complex_component="IMAGINARY")

    assert component_of(header, rules_for("SIEMENS")) is IMAGINARY


@pytest.mark.parametrize(
    ("number", "expected"), [(0, MAGNITUDE), (1, PHASE), (2, REAL), (3, IMAGINARY)]
)
def test_ge_tells_the_component_in_its_private_tag(number: int, expected: Component) -> None:
    header = image_header(
        series=series_header(manufacturer="GE MEDICAL SYSTEMS"),
        image_type=("ORIGINAL", "PRIMARY", "OTHER"),
        vendor=VendorTags(ge_component=number),
    )

    assert component_of(header, rules_for(header.series.manufacturer)) is expected


def test_siemens_private_image_type_stands_in_for_a_blanked_one() -> None:
    header = image_header(image_type=(), vendor=VendorTags(siemens_image_type="P/ND"))

    assert component_of(header, rules_for("SIEMENS")) is PHASE
