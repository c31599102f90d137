from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import GeometryMismatch
from analysis.simulation.anatomy import HEPATIC_VESSEL, Anatomy, liver_segments
from analysis.volume import Geometry, LabelMap

GRID = Geometry((2, 2, 2), np.eye(4))


def test_segments_are_the_first_eight_values():
    tissues = np.array([0, 1, 8, 9, 10, 18], np.uint8)
    assert liver_segments(tissues).tolist() == [0, 1, 8, 0, 0, 0]


def test_vessels_outside_the_liver_are_not_hepatic():
    tissues = np.full((2, 2, 2), HEPATIC_VESSEL, np.uint8)
    segments = np.zeros((2, 2, 2), np.uint8)
    segments[0] = 4
    anatomy = Anatomy(tissues, LabelMap(segments, GRID))
    assert np.count_nonzero(anatomy.vessels) == 4
    assert anatomy.body.all()


def test_tissues_and_segments_share_one_grid():
    with pytest.raises(GeometryMismatch):
        Anatomy(np.zeros((2, 2, 3), np.uint8), LabelMap(np.zeros((2, 2, 2), np.uint8), GRID))
