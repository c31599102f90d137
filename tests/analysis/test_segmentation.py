from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import GeometryMismatch
from analysis.segmentation import Segmentation
from analysis.volume import Geometry, LabelMap

LABELS = LabelMap(np.ones((2, 2, 2)), Geometry((2, 2, 2), np.eye(4)))


def test_uncertainty_lies_on_the_grid_of_the_labels() -> None:
    doubt = np.full((2, 2, 2), 0.1)
    result = Segmentation(LABELS, 0.9, doubt, (), ())
    assert result.uncertainty is not None
    assert not result.uncertainty.flags.writeable
    with pytest.raises(GeometryMismatch):
        Segmentation(LABELS, 0.9, np.zeros((1, 2, 2)), (), ())
