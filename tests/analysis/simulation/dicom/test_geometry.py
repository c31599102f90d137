from __future__ import annotations

import numpy as np
import pytest

from analysis.simulation.dicom.geometry import decimal_string, slice_plane
from analysis.volume import Geometry


def test_an_axial_slice_keeps_z_and_turns_x_and_y_around():
    affine = np.array([[-2.0, 0, 0, 90], [0, -3.0, 0, 60], [0, 0, 5.0, -40], [0, 0, 0, 1]])
    plane = slice_plane(Geometry((10, 10, 4), affine), 2)
    assert plane.position_mm == (-90.0, -60.0, -30.0)
    assert plane.orientation == (1, 0, 0, 0, 1, 0)
    assert plane.pixel_spacing_mm == (3.0, 2.0)
    assert plane.location_mm == pytest.approx(-30.0)


@pytest.mark.parametrize("value", [1 / 3, -113.29940431759, 1e-7, 123456789.123, -0.0])
def test_decimal_strings_fit_sixteen_characters(value):
    text = decimal_string(value)
    assert len(text) <= 16
    assert float(text) == pytest.approx(value, rel=1e-9, abs=1e-12)
