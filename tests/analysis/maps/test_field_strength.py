from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.field_strength import choose_field_strength
from analysis.signal.fat_spectrum import SIX_PEAK
from analysis.study import Acquisition
from tests.analysis.maps.phantoms import simulate

SHAPE = (10, 10, 2)


@pytest.mark.parametrize("field_t", [1.5, 3.0])
def test_an_unknown_field_is_inferred_from_the_residual(field_t: float) -> None:
    echoes = simulate(np.full(SHAPE, 30.0), np.full(SHAPE, 50.0), field_t, snr=50)
    found = choose_field_strength(echoes, Acquisition(), None, SIX_PEAK)
    assert found.tesla == field_t
    assert not found.is_known
    assert found.findings[0].code == "field-strength-inferred"


def test_the_header_is_taken_as_it_is() -> None:
    echoes = simulate(np.full(SHAPE, 30.0), np.full(SHAPE, 50.0))
    found = choose_field_strength(echoes, Acquisition(field_strength_t=2.893), None, SIX_PEAK)
    assert (found.tesla, found.is_known, found.findings) == (2.893, True, ())


def test_the_user_overrules_the_header() -> None:
    echoes = simulate(np.full(SHAPE, 30.0), np.full(SHAPE, 50.0))
    found = choose_field_strength(echoes, Acquisition(field_strength_t=1.5), 3.0, SIX_PEAK)
    assert found.tesla == 3.0
    assert "given by the user" in found.said.text
