from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from inference.training.batches import stored_body
from inference.training.cache import Anatomy
from inference.training.framing import LIVER, Framing
from inference.training.randomness import seeded
from inference.training.sampling import dilate, field_of_view, sample_nearest, sample_patch
from inference.training.tissue_map import TissueMap, axis_aligned
from tests.inference.training.conftest import CPU


def test_reading_at_whole_indices_returns_the_labels() -> None:
    labels = torch.arange(24, dtype=torch.uint8).reshape(2, 3, 4)
    index = torch.stack(torch.meshgrid(*[torch.arange(n) for n in labels.shape], indexing="ij"))
    assert torch.equal(sample_nearest(labels, index.float()), labels)


def test_outside_the_body_is_background() -> None:
    labels = torch.full((3, 3, 3), 5, dtype=torch.uint8)
    index = torch.full((3, 2, 2, 2), -4.0)
    assert not sample_nearest(labels, index).any()


def test_a_patch_holds_only_values_of_its_body(tiny_anatomy, random) -> None:
    body = stored_body(tiny_anatomy, CPU)
    patch = sample_patch(body, (24, 20, 16), random)
    assert patch.shape == (24, 20, 16)
    assert set(patch.unique().tolist()) <= set(body.labels.unique().tolist())


def test_left_and_right_are_never_exchanged(tiny_anatomy, random) -> None:
    body = stored_body(tiny_anatomy, CPU)
    right_minus_left = []
    for _ in range(12):
        patch = sample_patch(body, (32, 28, 24), random)
        right = torch.isin(patch, torch.tensor([2, 4, 6, 8], dtype=torch.uint8)).nonzero()
        left = torch.isin(patch, torch.tensor([1, 3, 5, 7], dtype=torch.uint8)).nonzero()
        if len(right) > 50 and len(left) > 50:
            right_minus_left.append(float(right[:, 0].float().mean() - left[:, 0].float().mean()))
    assert len(right_minus_left) > 3
    assert min(right_minus_left) > 0


def test_the_field_of_view_is_a_box_that_is_never_empty(random) -> None:
    for _ in range(30):
        seen = field_of_view((24, 20, 16), random)
        sides = [int(seen.any(dim=d1).any(dim=d2).sum()) for d1, d2 in ((1, 1), (0, 1), (0, 0))]
        assert int(seen.sum()) == sides[0] * sides[1] * sides[2] > 0


def test_dilation_grows_a_voxel_to_a_cube() -> None:
    mask = torch.zeros(7, 7, 7, dtype=torch.bool)
    mask[3, 3, 3] = True
    assert int(dilate(mask, 2).sum()) == 125


def test_a_liver_framing_centres_patches_on_the_box_of_the_liver(tiny_anatomy, random) -> None:
    body = stored_body(tiny_anatomy, CPU)
    centred = replace(LIVER, jitter_sd_mm=(0.0, 0.0, 0.0))
    assert body.liver_box_centre.tolist() == [20.0, 14.0, 12.0]
    middles = []
    for _ in range(12):
        patch = sample_patch(body, (32, 32, 32), random, framing=centred)
        liver = ((patch >= 1) & (patch <= 8)).nonzero().float()
        middles.append((liver.amin(dim=0) + liver.amax(dim=0)) / 2)
    away = torch.stack(middles) - 15.5
    assert float(away.mean(dim=0).abs().max()) < 3.0


def test_a_slab_thinner_than_the_liver_lies_anywhere_along_it(tiny_anatomy, random) -> None:
    body = stored_body(tiny_anatomy, CPU)
    centred = replace(LIVER, jitter_sd_mm=(0.0, 0.0, 0.0))
    assert body.liver_box_size.tolist() == [15.0, 13.0, 11.0]
    halves = []
    for _ in range(40):
        patch = sample_patch(body, (32, 3, 32), random, framing=centred)
        liver = patch[(patch >= 1) & (patch <= 8)]
        back = torch.isin(liver, torch.tensor([1, 2, 5, 6], dtype=torch.uint8))
        halves.append(float(back.float().mean()))
    assert sum(share > 0.9 for share in halves) > 5
    assert sum(share < 0.1 for share in halves) > 5


def test_a_patch_of_a_finer_anatomy_shows_the_same_extent(tiny_anatomy) -> None:
    fine = tiny_anatomy.body.labels.repeat(2, 0).repeat(2, 1).repeat(2, 2)
    grid = axis_aligned(fine.shape, (-65, -57, -49), 2)
    finer = Anatomy("patient-1", "ball", TissueMap(fine, grid))
    shares = []
    for anatomy in (tiny_anatomy, finer):
        body, random = stored_body(anatomy, CPU), seeded(3, CPU)
        patches = [sample_patch(body, (24, 24, 24), random, 4.0, LIVER) for _ in range(8)]
        liver = torch.stack([(patch >= 1) & (patch <= 8) for patch in patches])
        shares.append(float(liver.float().mean()))
    assert shares[0] > 0.02
    assert shares[1] == pytest.approx(shares[0], rel=0.08)


def test_shares_of_a_framing_must_sum_to_one() -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        Framing("half", (((64, 64, 64), 0.5),), around_liver=True, jitter_sd_mm=(0, 0, 0))
