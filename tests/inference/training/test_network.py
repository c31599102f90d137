from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from inference.training.network import (
    InstanceNorm,
    LossWeights,
    SegmentNetwork,
    deep_loss,
    level_loss,
)

CHANNELS = (4, 6, 8)


@pytest.fixture
def truth() -> torch.Tensor:
    labels = torch.zeros(1, 16, 16, 8, dtype=torch.int64)
    labels[:, 4:12, 4:12, 2:6] = 3
    labels[:, 8:12, 4:12, 2:6] = 7
    return labels


def perfect(truth: torch.Tensor) -> torch.Tensor:
    return 20.0 * functional.one_hot(truth, 9).movedim(-1, 1).float()


def test_logits_have_the_size_of_the_image() -> None:
    network = SegmentNetwork(CHANNELS)
    assert network.divisor == 4
    assert network(torch.rand(1, 1, 16, 12, 8)).shape == (1, 9, 16, 12, 8)


def test_deep_supervision_gives_every_resolution() -> None:
    logits = SegmentNetwork(CHANNELS).multi_scale(torch.rand(1, 1, 16, 16, 8))
    assert [tuple(level.shape[2:]) for level in logits] == [(8, 8, 4), (16, 16, 8)]


def test_the_right_answer_costs_almost_nothing(truth) -> None:
    assert float(level_loss(perfect(truth), truth, LossWeights())) < 1e-3


def test_a_missed_liver_costs_more_than_a_missed_segment(truth) -> None:
    no_liver = perfect(torch.zeros_like(truth))
    wrong_segment = perfect(torch.where(truth == 7, 3, truth))
    weights = LossWeights()
    assert level_loss(no_liver, truth, weights) > level_loss(wrong_segment, truth, weights) > 0.1


def test_liver_found_where_there_is_none_costs() -> None:
    empty = torch.zeros(1, 16, 16, 8, dtype=torch.int64)
    found = perfect(torch.full_like(empty, 4))
    assert float(level_loss(found, empty, LossWeights(cross_entropy=0, liver_entropy=0))) > 1


def test_gradients_reach_every_weight_that_is_supervised(truth) -> None:
    network = SegmentNetwork(CHANNELS)
    loss = deep_loss(
        network.multi_scale(torch.rand(1, 1, 16, 16, 8)), truth, LossWeights(levels=(0.5, 1.0))
    )
    loss.backward()
    assert all(weight.grad is not None for weight in network.parameters())


def test_normalising_one_sample_is_what_normalising_it_in_company_is() -> None:
    norm = InstanceNorm(5, affine=True)
    with torch.no_grad():
        norm.weight.copy_(torch.rand(5))
        norm.bias.copy_(torch.rand(5))
    features = 3.0 + 2.0 * torch.randn(2, 5, 6, 4, 3)
    together = norm(features)
    assert torch.allclose(norm(features[1:]), together[1:], atol=1e-5)
    assert torch.allclose(norm(features[1:]), functional.instance_norm(
        features[1:], weight=norm.weight, bias=norm.bias), atol=1e-5)  # fmt: skip
