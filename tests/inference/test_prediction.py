from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import EmptySegmentation
from inference.prediction import most_probable, require_liver

SHAPE = (2, 3, 4)


def test_the_highest_logit_wins_and_the_probability_is_softmax() -> None:
    logits = np.random.default_rng(0).normal(0, 30, (4, *SHAPE)).astype(np.float32)
    labels = ((1, "segment_7"), (3, "segment_2"))
    winner, liver = most_probable(logits, labels, SHAPE)
    np.testing.assert_array_equal(winner, np.array([0, 7, 0, 2])[logits.argmax(axis=0)])
    shares = np.exp(logits.astype(float) - logits.max(axis=0))
    expected = shares[[1, 3]].sum(axis=0) / shares.sum(axis=0)
    np.testing.assert_allclose(liver, expected, atol=1e-6)


def test_equal_logits_go_to_the_first_channel() -> None:
    winner, liver = most_probable(np.zeros((2, *SHAPE), np.float32), ((1, "segment_1"),), SHAPE)
    assert not winner.any()
    assert (liver == 0.5).all()


def test_less_than_100_ml_is_no_liver() -> None:
    mask = np.ones((10, 10, 10), bool)
    require_liver(mask, 0.1)
    with pytest.raises(EmptySegmentation, match="No liver was found"):
        require_liver(mask, 0.0999)
