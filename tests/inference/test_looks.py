"""Looks that disagree: which one stands, and what is said about it."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import EmptySegmentation
from analysis.quantities import MR_SIGNAL
from analysis.volume import Geometry, Volume
from inference.looks import Look, Network, look, look_closer
from inference.preprocessing import network_grid
from inference.recipes import Normalisation, PercentileRecipe

CHANNELS = tuple(range(1, 9))
RECIPE = PercentileRecipe(
    4.0, Normalisation(0, 100, positive_only=False), divisor=8, tile=(64, 64, 64)
)
LIVER, DECOY = (slice(6, 24),) * 3, (slice(64, 78),) * 3


def body() -> Volume:
    """A bright cube of 72 mm, and a dimmer one of 56 mm far away from it."""
    image = np.zeros((90, 90, 90), np.float32)
    image[LIVER], image[DECOY] = 1.0, 0.6
    return Volume(image, Geometry(image.shape, np.diag([4.0, 4.0, 4.0, 1.0])), MR_SIGNAL)


def sees(low: float, high: float, sure: float = 0.95) -> tuple[Network, list[int]]:
    """A network that calls liver what is between two brightnesses, and how often it was asked."""
    asked: list[int] = []

    def run(tile: np.ndarray) -> np.ndarray:
        asked.append(1)
        inside = (tile[0, 0] > low) & (tile[0, 0] <= high)
        logits = np.full((1, 9, *tile.shape[2:]), -20.0, np.float32)
        logits[0, 7] = np.where(inside, np.log(sure), -20)
        logits[0, 0] = np.where(inside, np.log(1 - sure), 20)
        return logits

    return Network(RECIPE, run), asked


def located(network: Network, volume: Volume) -> Look:
    return look((volume,), network, CHANNELS, network_grid(volume.geometry, 4.0))


def middle(found: Look) -> list[float]:
    """World position of the middle of what is kept, in mm."""
    index = np.argwhere(found.kept).mean(axis=0)
    return (found.grid.affine[:3, :3] @ index + found.grid.affine[:3, 3]).round().tolist()


def test_where_two_looks_agree_there_is_no_third() -> None:
    volume = body()
    coarse, fine = sees(0.8, 1.0), sees(0.8, 1.0, sure=0.8)
    drawn = look_closer((volume,), fine[0], located(coarse[0], volume))
    assert len(fine[1]) == 1
    assert drawn.agreement is None
    assert drawn.liver.max() == pytest.approx(0.8, abs=1e-3)


def test_a_fine_network_that_finds_nothing_there_looks_at_the_whole_image() -> None:
    volume = body()
    misled, fine = sees(0.5, 0.7, sure=0.7), sees(0.8, 1.0)
    drawn = look_closer((volume,), knows_size(fine[0]), located(misled[0], volume))
    assert middle(drawn) == [58.0, 58.0, 58.0]
    assert drawn.agreement == 0, "what the locator found shares nothing with it"


def knows_size(network: Network) -> Network:
    """The network, blind to what is smaller than the liver of the body."""

    def run(tile: np.ndarray) -> np.ndarray:
        return network.run(tile) if (tile > 0.8).sum() >= 18**3 else nothing(tile)

    return Network(RECIPE, run)


def nothing(tile: np.ndarray) -> np.ndarray:
    logits = np.full((1, 9, *tile.shape[2:]), -20.0, np.float32)
    logits[0, 0] = 20
    return logits


def test_the_locator_stands_where_it_promises_most() -> None:
    volume = body()
    sure, unsure = sees(0.8, 1.0, sure=0.99), sees(1.1, 1.2)
    drawn = look_closer((volume,), unsure[0], located(sure[0], volume))
    assert drawn.liver.max() == pytest.approx(0.99, abs=1e-3)
    assert drawn.agreement == 0


def test_nothing_found_by_the_locator_is_no_liver() -> None:
    volume = body()
    with pytest.raises(EmptySegmentation):
        look_closer((volume,), sees(0.8, 1.0)[0], located(sees(1.1, 1.2)[0], volume))
