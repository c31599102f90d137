from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import GeometryMismatch
from analysis.maps.two_point import fat_signal_fraction, not_pdff_finding
from analysis.quantities import FAT_SIGNAL_FRACTION, MR_SIGNAL
from analysis.volume import Geometry, Volume

GEOMETRY = Geometry((4, 4, 1), np.eye(4))


def image(value: float, geometry: Geometry = GEOMETRY) -> Volume:
    return Volume(np.full(geometry.shape, value), geometry, MR_SIGNAL)


def test_the_fraction_is_half_the_relative_difference() -> None:
    found = fat_signal_fraction(image(100.0), image(60.0))
    np.testing.assert_allclose(found.volume.array, 20.0)
    assert found.quantity is FAT_SIGNAL_FRACTION
    assert found.valid.all()


def test_air_is_not_valid() -> None:
    in_phase = np.full((4, 4, 1), 100.0)
    in_phase[0] = 0.0
    found = fat_signal_fraction(Volume(in_phase, GEOMETRY, MR_SIGNAL), image(60.0))
    assert found.valid[1:].all()
    assert not found.valid[0].any()


def test_two_grids_are_refused() -> None:
    other = Geometry((4, 4, 1), 2 * np.eye(4))
    with pytest.raises(GeometryMismatch):
        fat_signal_fraction(image(100.0), image(60.0, other))


def test_the_finding_says_that_it_is_not_pdff() -> None:
    assert "not PDFF" in not_pdff_finding().message
