from __future__ import annotations

import numpy as np
import pytest

from analysis.simulation.vendor_maps import scanner_maps
from analysis.study import Role


def test_maps_are_the_truth_with_noise_and_zero_in_air(small_study):
    maps, truth = scanner_maps(small_study), small_study.truth
    liver = truth.segments.liver
    error = maps.pdff_percent[liver] - truth.pdff.volume.array[liver]
    assert error.std() == pytest.approx(1.5, rel=0.1)
    assert abs(error.mean()) < 0.15
    ratio = maps.r2star_per_s[liver] / truth.r2star.volume.array[liver]
    assert ratio.std() == pytest.approx(0.08, rel=0.1)
    air = ~truth.pdff.valid
    assert not maps.pdff_percent[air].any()
    assert not maps.r2star_per_s[air].any()


def test_t2star_is_the_inverse_in_milliseconds_and_zero_where_undefined(small_study):
    maps = scanner_maps(small_study)
    t2star_ms = maps.of(Role.T2STAR_MAP)
    inside = maps.r2star_per_s > 0
    np.testing.assert_allclose(t2star_ms[inside] * maps.r2star_per_s[inside], 1000, rtol=1e-5)
    assert not t2star_ms[~inside].any()


def test_a_role_that_is_no_map_is_refused(small_study):
    with pytest.raises(ValueError, match="cannot show"):
        scanner_maps(small_study).of(Role.MULTI_ECHO)
