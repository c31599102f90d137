from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.simulation.abdomen import sample_abdomen
from analysis.simulation.anatomy import HEPATIC_VESSEL
from analysis.simulation.phantom import small_phantom
from analysis.simulation.spec import Grid
from analysis.simulation.vessels import Tube, with_vessels


@pytest.fixture(scope="module")
def anatomy():
    return sample_abdomen(replace(small_phantom(4), grid=Grid((128, 128, 40), (3.2, 3.2, 5.0))))


def test_a_tube_passes_its_three_points():
    points = [np.array([0.0, 0, 0]), np.array([5.0, 9, 2]), np.array([10.0, 0, 0])]
    tube = Tube(*points, 3.0, 1.0)
    for fraction, point in zip((0.0, 0.5, 1.0), points, strict=True):
        np.testing.assert_allclose(tube.at(fraction), point)


def test_vessels_run_inside_the_liver_only_and_keep_their_segment(anatomy):
    assert anatomy.vessels.any()
    assert not (anatomy.vessels & ~anatomy.liver).any()
    assert (anatomy.segments.array[anatomy.vessels] > 0).all()
    assert (anatomy.tissues[anatomy.vessels] == HEPATIC_VESSEL).all()


def test_vessels_fill_a_few_per_cent_of_every_segment(anatomy):
    label = anatomy.segments.array
    whole = anatomy.vessels.sum() / anatomy.liver.sum()
    assert 0.01 < whole < 0.06
    for segment in range(1, 9):
        assert anatomy.vessels[label == segment].mean() < 0.15


def test_a_liver_with_vessels_is_left_alone(anatomy):
    assert with_vessels(anatomy, np.random.default_rng(0)) is anatomy


def test_a_liver_that_lacks_a_segment_gets_no_vessels(anatomy):
    label = np.where(anatomy.segments.array == 3, 0, anatomy.segments.array)
    tissues = np.where(anatomy.liver, 5, anatomy.tissues).astype(np.uint8)
    partial = replace(anatomy, tissues=tissues, segments=replace(anatomy.segments, array=label))
    assert with_vessels(partial, np.random.default_rng(0)) is partial
