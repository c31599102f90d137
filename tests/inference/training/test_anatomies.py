from __future__ import annotations

import numpy as np
import pytest

from analysis.simulation.tissues import BY_NAME
from inference.training.anatomies import build_anatomies
from inference.training.tissue_map import TissueMap, axis_aligned
from inference.training.torso_context import LIVER
from tests.inference.training.conftest import ellipsoid, tiny_liver

SPLEEN = BY_NAME["spleen"].value


@pytest.fixture(scope="module")
def anatomy():
    shape = (48, 40, 40)
    labels = np.zeros(shape, np.uint8)
    labels[ellipsoid(shape, (24, 20, 20), (22, 18, 30))] = BY_NAME["visceral_fat"].value
    labels[ellipsoid(shape, (8, 16, 22), (4, 4, 4))] = SPLEEN
    labels[ellipsoid(shape, (30, 20, 22), (12, 10, 9))] = LIVER
    context = TissueMap(labels, axis_aligned(shape, (-150, -120, -100), 6.0))
    segments = tiny_liver((40, 36, 32), (20, 18, 16), (14, 12, 11))
    liver = TissueMap(segments, axis_aligned(segments.shape, (500, 10, -900), 5.0))
    (built,) = build_anatomies({"patient-1": liver}, {"ball": context}, 8.0)
    return built, liver


def test_the_real_liver_is_in_the_body_at_its_own_size(anatomy) -> None:
    built, liver = anatomy
    expected = np.count_nonzero(liver.labels) * liver.geometry.voxel_volume_ml
    found = np.count_nonzero(built.segments) * built.body.geometry.voxel_volume_ml
    assert found == pytest.approx(expected, rel=0.06)
    assert set(np.unique(built.segments)) == set(range(9))


def test_organs_are_carried_to_the_same_side(anatomy) -> None:
    built, _ = anatomy
    spleen = np.argwhere(built.body.labels == SPLEEN)
    liver = np.argwhere(built.segments > 0)
    assert len(spleen) > 5
    assert spleen[:, 0].mean() < liver[:, 0].mean()


def test_no_hole_is_left_around_the_real_liver(anatomy) -> None:
    built, _ = anatomy
    inside = built.body.labels[3:-3, built.body.labels.shape[1] // 2, 3:-3]
    assert (inside > 0).mean() > 0.9
