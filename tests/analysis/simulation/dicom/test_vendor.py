from __future__ import annotations

import numpy as np
import pytest

from analysis.simulation.dicom.series_order import echo_by_echo, numbered
from analysis.simulation.dicom.vendor import Scaling, SeriesPlan, quantise
from analysis.study import Component


def test_quantising_rounds_to_the_nearest_step_and_stays_in_range():
    values = np.array([-1.0, 0.04, 0.06, 1e6], dtype=np.float32)
    assert quantise(values, 0.1, 0.0, 12, False).tolist() == [0, 0, 1, 4095]
    assert quantise(values, 0.1, 0.0, 16, True).tolist() == [-10, 0, 1, 32767]


def test_the_intercept_is_taken_off_before_the_slope():
    stored = quantise(np.array([-100.0, 200.0], dtype=np.float32), 300 / 4095, -100.0, 12, False)
    assert stored.tolist() == [0, 4095]


def test_overall_scale_is_that_of_the_brightest_echo():
    assert Scaling((3.0, 7.0, 2.0)).overall == 7.0


def test_a_plan_needs_a_number_for_every_image():
    images = echo_by_echo(2, 2, (Component.MAGNITUDE,))
    with pytest.raises(ValueError, match="one instance number"):
        SeriesPlan(1, "x", images, (1,))
    assert numbered(1, "x", images).instance_numbers == (1, 2, 3, 4)
