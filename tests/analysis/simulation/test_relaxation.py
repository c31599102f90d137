from __future__ import annotations

import numpy as np

from analysis.simulation.relaxation import at_field
from analysis.simulation.tissues import BY_NAME


def test_values_at_the_two_tabled_fields_are_those_of_the_table():
    spleen = BY_NAME["spleen"]
    assert at_field("t1_ms", 1.5)[spleen.value] == spleen.t1_ms_at_1p5t
    assert at_field("t1_ms", 3.0)[spleen.value] == spleen.t1_ms_at_3t


def test_rates_between_the_two_fields_are_interpolated():
    liver = BY_NAME["liver_segment_5"]
    middle = at_field("r2star_per_s", 2.25)[liver.value]
    assert middle == (liver.r2star_per_s_at_1p5t + liver.r2star_per_s_at_3t) / 2


def test_an_unused_value_stays_not_a_number():
    assert np.isnan(at_field("t1_ms", 3.0)[9])
