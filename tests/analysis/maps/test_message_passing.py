from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.message_passing import choose_labels, pass_messages, smooth_message

STEP, LIMIT = np.float32(0.4), np.float32(3.0)


@pytest.mark.parametrize("is_cyclic", [False, True])
def test_a_message_is_the_lower_envelope(is_cyclic: bool) -> None:
    message = np.random.default_rng(0).uniform(0, 6, 40).astype(np.float32)
    x = np.arange(40)
    distance = np.abs(x[:, None] - x[None])
    if is_cyclic:
        distance = np.minimum(distance, 40 - distance)
    expected = (message[None] + np.minimum(STEP * distance, LIMIT)).min(axis=1)
    smooth_message(message, STEP, LIMIT, is_cyclic)
    np.testing.assert_allclose(message, expected - expected.min(), atol=1e-5)


def chain(count: int) -> np.ndarray:
    """Neighbours of blocks in a row along i."""
    neighbours = np.full((count, 6), -1, np.int64)
    neighbours[1:, 2] = np.arange(count - 1)
    neighbours[:-1, 5] = np.arange(1, count)
    return neighbours


def cost_of(labels: tuple[int, ...], costs: np.ndarray) -> float:
    jumps = np.abs(np.diff(labels))
    data = sum(costs[s, label] for s, label in enumerate(labels))
    return float(data + np.minimum(STEP * jumps, LIMIT).sum())


def test_a_chain_reaches_the_best_of_all_labellings() -> None:
    costs = np.random.default_rng(1).uniform(0, 2, (5, 6)).astype(np.float32)
    neighbours = chain(5)
    beliefs, labels = np.empty_like(costs), np.empty(5, np.int64)
    pass_messages(costs, neighbours, STEP, LIMIT, False, 4, beliefs)
    choose_labels(beliefs, costs, neighbours, STEP, LIMIT, False, 5, labels)
    best = min(cost_of(tuple(index), costs) for index in np.ndindex(*[6] * 5))
    assert cost_of(tuple(labels), costs) == pytest.approx(best, abs=1e-5)


def test_a_block_without_evidence_follows_its_neighbours() -> None:
    costs = np.full((7, 20), 5.0, np.float32)
    costs[:, 12] = 0.0
    costs[3] = 1.0
    beliefs, labels = np.empty_like(costs), np.empty(7, np.int64)
    pass_messages(costs, chain(7), STEP, LIMIT, True, 3, beliefs)
    choose_labels(beliefs, costs, chain(7), STEP, LIMIT, True, 5, labels)
    assert labels.tolist() == [12] * 7
