from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.branch_choice import ambiguity_of, posterior_of_fat, prior_against_fat

SHAPE = (30, 30, 4)


def halves() -> tuple[np.ndarray, np.ndarray]:
    """Weak evidence, wrong in every third voxel: water below i = 15, fat above."""
    rng = np.random.default_rng(4)
    is_fat = np.zeros(SHAPE, dtype=bool)
    is_fat[15:] = True
    evidence = np.where(is_fat, 1.0, -1.0) + rng.normal(0, 2.3, SHAPE)
    return evidence.astype(np.float32), is_fat


def test_neighbours_outvote_wrong_voxels() -> None:
    evidence, is_fat = halves()
    body = np.ones(SHAPE, dtype=bool)
    alone = ((evidence > 0) != is_fat).mean()
    together = ((posterior_of_fat(evidence.ravel(), body) > 0).reshape(SHAPE) != is_fat).mean()
    assert alone > 0.3
    assert together < 0.02


def test_overwhelming_evidence_of_one_voxel_stands() -> None:
    evidence = np.full(SHAPE, -5.0, np.float32)
    evidence[10, 10, 2] = 50.0
    odds = posterior_of_fat(evidence.ravel(), np.ones(SHAPE, dtype=bool)).reshape(SHAPE)
    assert odds[10, 10, 2] > 0
    assert np.count_nonzero(odds > 0) == 1


def test_without_any_evidence_water_is_taken() -> None:
    odds = posterior_of_fat(np.zeros(75, np.float32), np.ones((5, 5, 3), dtype=bool))
    assert (odds < 0).all()


def test_voxels_outside_the_body_have_no_vote() -> None:
    body = np.zeros((9, 9, 1), dtype=bool)
    body[4, 4] = True
    assert posterior_of_fat(np.array([4.0], np.float32), body)[0] > 0


def test_fat_with_iron_is_not_credible() -> None:
    cost = prior_against_fat(np.array([50.0, 130.0, 170.0, 5000.0], np.float32))
    np.testing.assert_allclose(cost, [0, 0, 1, 10])


def test_ambiguity_is_a_half_without_evidence_and_vanishes_with_it() -> None:
    found = ambiguity_of(np.array([0.0, 3.0, -3.0, 1000.0], np.float32))
    assert found[0] == pytest.approx(0.5)
    assert found[1] == found[2] == pytest.approx(1 / (1 + np.exp(3)))
    assert found[3] == pytest.approx(0.0, abs=1e-12)
