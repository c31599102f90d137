from __future__ import annotations

import numpy as np
import pytest

from inference.training.overlap import compare, dice, median_interval


@pytest.fixture
def truth() -> np.ndarray:
    labels = np.zeros((10, 10, 2), np.uint8)
    labels[:, :5] = 1
    labels[:, 5:8] = 2
    return labels


def test_the_same_labels_agree_fully(truth) -> None:
    result = compare("case", truth, truth, segments=True)
    assert (result.liver_dice, result.segment_dice, result.false_discovery) == (1.0, 1.0, 0.0)


def test_an_exchanged_segment_lowers_only_the_segment_dice(truth) -> None:
    found = np.where(truth == 2, 1, truth).astype(np.uint8)
    result = compare("case", found, truth, segments=True)
    assert result.liver_dice == 1.0
    assert result.segment_dice == pytest.approx((2 * 5 / 13 + 0) / 2)


def test_false_discovery_is_the_share_of_what_was_found(truth) -> None:
    found = np.ones_like(truth)
    assert compare("case", found, truth, segments=False).false_discovery == pytest.approx(0.2)


def test_nothing_found_scores_zero_and_nothing_to_find_scores_one(truth) -> None:
    nothing = np.zeros_like(truth)
    assert compare("case", nothing, truth, segments=True).liver_dice == 0
    assert dice(nothing > 0, nothing > 0) == 1


def test_a_truth_without_segments_gives_no_segment_score(truth) -> None:
    assert compare("case", truth, truth, segments=False).segment_dice is None


def test_the_interval_holds_the_median() -> None:
    middle, low, high = median_interval(np.linspace(0.8, 0.9, 30).tolist())
    assert 0.8 < low < middle < high < 0.9
