from __future__ import annotations

import numpy as np
import pytest
import torch

from analysis.simulation.tissues import BY_NAME
from inference.training.cache import Anatomy
from inference.training.randomness import Randomness, seeded
from inference.training.tissue_map import TissueMap, axis_aligned

CPU = torch.device("cpu")


def ellipsoid(shape, centre, radii) -> np.ndarray:
    """A mask of an ellipsoid; everything in voxels."""
    grid = np.indices(shape)
    return sum(((grid[a] - centre[a]) / radii[a]) ** 2 for a in range(3)) < 1


def tiny_liver(shape=(32, 28, 24), centre=(20, 14, 12), radii=(8, 7, 6)) -> np.ndarray:
    """A liver of eight octants: segment = 1 + octant."""
    octant = sum(
        (np.indices(shape)[axis] >= centre[axis]).astype(np.uint8) << axis for axis in range(3)
    )
    return np.where(ellipsoid(shape, centre, radii), 1 + octant, 0).astype(np.uint8)


@pytest.fixture
def tiny_anatomy() -> Anatomy:
    """A liver in a ball of muscle with a fat layer, 4 mm voxels."""
    shape = (32, 28, 24)
    labels = np.zeros(shape, np.uint8)
    labels[ellipsoid(shape, (16, 14, 12), (15, 13, 20))] = BY_NAME["subcutaneous_fat"].value
    labels[ellipsoid(shape, (16, 14, 12), (13, 11, 20))] = BY_NAME["muscle"].value
    liver = tiny_liver(shape)
    labels[liver > 0] = liver[liver > 0]
    return Anatomy("patient-1", "ball", TissueMap(labels, axis_aligned(shape, (-64, -56, -48), 4)))


@pytest.fixture
def random() -> Randomness:
    return seeded(7, CPU)
