from __future__ import annotations

import pytest
import torch

from analysis.simulation.tissues import BY_NAME
from inference.training.artefacts import (
    banding,
    chemical_shift,
    fold_over,
    spoil,
    uneven_slices,
)
from inference.training.randomness import seeded

FAT = BY_NAME["visceral_fat"].value
MUSCLE = BY_NAME["muscle"].value


@pytest.fixture
def tissues() -> torch.Tensor:
    tissues = torch.full((24, 24, 6), MUSCLE, dtype=torch.uint8)
    tissues[8:16, 8:16] = FAT
    return tissues


@pytest.mark.parametrize("seed", range(5))
def test_fat_moves_and_its_signal_is_kept(tissues, seed: int) -> None:
    image = torch.where(tissues == FAT, 2.0, 1.0)
    shifted = chemical_shift(image, tissues, 2.0, seeded(seed, torch.device("cpu")))
    assert shifted.sum() == pytest.approx(float(image.sum()), rel=1e-5)
    assert shifted.amax() > 2.4  # fat over muscle
    assert shifted.amin() < 0.7  # a gap where it left
    assert torch.allclose(shifted[0], image[0])


def test_water_alone_does_not_move(random) -> None:
    tissues = torch.full((8, 8, 4), MUSCLE, dtype=torch.uint8)
    image = torch.rand((8, 8, 4))
    assert torch.equal(chemical_shift(image, tissues, 2.0, random), image)


@pytest.mark.parametrize("seed", range(5))
def test_folding_keeps_the_signal_and_empties_the_edges(seed: int) -> None:
    image = torch.ones((24, 24, 4))
    folded = fold_over(image, seeded(seed, torch.device("cpu")))
    assert float(folded.sum()) == pytest.approx(float(image.sum()))
    assert folded.amin() == 0
    assert folded.amax() == 2


def test_bands_only_darken(random) -> None:
    image = torch.ones((24, 24, 12))
    after = banding(image, random)
    assert after.amin() >= 0.09
    assert after.amin() < 0.8
    assert after.amax() <= 1


def test_a_slice_is_as_bright_all_over(random) -> None:
    after = uneven_slices(torch.ones((6, 6, 9)), random)
    assert torch.equal(after.amin(dim=(0, 1)), after.amax(dim=(0, 1)))


@pytest.mark.parametrize("seed", range(10))
def test_a_spoiled_image_stays_finite_and_not_negative(tissues, seed: int) -> None:
    random = seeded(seed, torch.device("cpu"))
    image = torch.where(tissues == FAT, 2.0, 1.0)
    after = spoil(image, tissues, 6.0, random)
    assert after.shape == image.shape
    assert torch.isfinite(after).all()
    assert after.amin() >= 0
