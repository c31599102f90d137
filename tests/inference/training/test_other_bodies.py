from __future__ import annotations

import pytest
import torch

from analysis.simulation.tissues import BY_NAME, LIVER_SEGMENT_VALUES
from inference.training.other_bodies import KINDS, bottles, head, limbs, other_body, without_liver
from inference.training.randomness import seeded

SHAPE = (40, 40, 30)
LIVER = torch.tensor(LIVER_SEGMENT_VALUES, dtype=torch.uint8)


@pytest.mark.parametrize("draw", [head, limbs, bottles, other_body])
@pytest.mark.parametrize("seed", range(6))
def test_nothing_drawn_is_liver(draw, seed: int) -> None:
    tissues = draw(SHAPE, 6.0, seeded(seed, torch.device("cpu")))
    assert tissues.shape == SHAPE
    assert tissues.dtype == torch.uint8
    assert not torch.isin(tissues, LIVER).any()
    assert not (tissues == BY_NAME["hepatic_vessel"].value).any()


def test_a_head_has_a_skull_around_a_brain(random) -> None:
    tissues = head((48, 48, 48), 6.0, random)
    skull = (tissues == BY_NAME["cortical_bone"].value).nonzero().float()
    fat = (tissues == BY_NAME["subcutaneous_fat"].value).nonzero().float()
    middle = skull.mean(dim=0)
    assert (skull - middle).norm(dim=1).mean() < (fat - middle).norm(dim=1).mean()


def test_the_shares_are_a_whole() -> None:
    assert sum(share for _, share in KINDS) == pytest.approx(1)


def test_only_the_place_of_the_liver_is_filled(tiny_anatomy, random) -> None:
    tissues = torch.from_numpy(tiny_anatomy.tissues.copy())
    liver = torch.from_numpy(tiny_anatomy.segments.copy()) > 0
    after = without_liver(tissues, liver, random)
    assert torch.equal(after[~liver], tissues[~liver])
    assert not torch.isin(after, LIVER).any()
