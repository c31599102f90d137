from __future__ import annotations

import pytest
from pydicom.sr.codedict import codes

from analysis.quantities import BY_KEY, LIC, PDFF, QUANTITIES, R2STAR, T2STAR, Quantity


def test_keys_are_unique() -> None:
    assert len(BY_KEY) == len(QUANTITIES)


@pytest.mark.parametrize(
    ("quantity", "keyword"), [(PDFF, "FatFraction"), (R2STAR, "R2Star"), (T2STAR, "T2Star")]
)
def test_dicom_codes_are_those_of_the_standard(quantity: Quantity, keyword: str) -> None:
    concept = getattr(codes.DCM, keyword)
    assert quantity.code == (concept.value, concept.scheme_designator, concept.meaning)


def test_iron_borrows_no_code_of_another_concept() -> None:
    assert LIC.code[1] == "99MRVB"


def test_values_are_written_with_unit_and_without_negative_zero() -> None:
    assert PDFF.format(5.26) == "5.3 %"
    assert PDFF.format(-0.01) == "0.0 %"
    assert LIC.format(1.234) == "1.23 mg/g"


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda q: q.key)
def test_ranges_rise(quantity: Quantity) -> None:
    assert quantity.plausible[0] < quantity.plausible[1]
    assert quantity.display[0] < quantity.display[1]
