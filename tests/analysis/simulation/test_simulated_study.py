from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.errors import GeometryMismatch
from analysis.volume import Geometry, LabelMap


def test_truth_cannot_be_written_to(small_study):
    with pytest.raises(ValueError, match="read-only"):
        small_study.truth.pdff.volume.array[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        small_study.model.water[0, 0, 0] = 1


def test_truth_of_two_grids_is_refused(small_study):
    truth = small_study.truth
    shifted = np.array(truth.segments.geometry.affine)
    shifted[0, 3] += 5
    other = LabelMap(truth.segments.array, Geometry(truth.segments.geometry.shape, shifted))
    with pytest.raises(GeometryMismatch):
        replace(truth, segments=other)
