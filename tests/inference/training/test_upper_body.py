from __future__ import annotations

import numpy as np
import pytest

from analysis.simulation.tissues import BY_NAME
from inference.training.tissue_map import TissueMap, axis_aligned
from inference.training.torso_context import LIVER
from inference.training.upper_body import extend_upwards
from tests.inference.training.conftest import ellipsoid

SHAPE = (80, 64, 14)


@pytest.fixture(scope="module")
def extended() -> TissueMap:
    """A torso whose scan ends in the middle of the liver, continued by 90 mm."""
    labels = np.full(SHAPE, BY_NAME["background"].value, np.uint8)
    labels[ellipsoid(SHAPE, (40, 32, 7), (38, 30, 1e6))] = BY_NAME["muscle"].value
    labels[ellipsoid(SHAPE, (40, 34, 7), (32, 24, 1e6))] = BY_NAME["visceral_fat"].value
    labels[ellipsoid(SHAPE, (52, 34, 7), (18, 18, 1e6))] = LIVER
    labels[ellipsoid(SHAPE, (22, 26, 7), (7, 7, 1e6))] = BY_NAME["spleen"].value
    source = TissueMap(labels, axis_aligned(SHAPE, (-120, -96, 0), 3.0))
    return extend_upwards(source, 90.0)


def test_the_scan_itself_is_left_as_it_was(extended) -> None:
    assert extended.labels.shape[2] == SHAPE[2] + 30
    assert (extended.labels[52, 34, : SHAPE[2]] == LIVER).all()


def test_the_liver_closes_with_a_dome(extended) -> None:
    area = (extended.labels == LIVER).sum(axis=(0, 1))[SHAPE[2] - 1 :]
    assert area[0] > area[5] > area[12] > 0
    assert area[20:].sum() == 0


def test_lungs_and_a_heart_on_the_left_lie_above(extended) -> None:
    lung = np.argwhere(extended.labels == BY_NAME["lung"].value)
    heart = np.argwhere(extended.labels == BY_NAME["heart"].value)
    assert lung[:, 2].min() >= SHAPE[2]
    assert heart[:, 0].mean() < 40
    assert len(lung) > len(heart) > 100


def test_the_chest_wall_goes_on(extended) -> None:
    assert (extended.labels[4, 32] == BY_NAME["muscle"].value).all()
