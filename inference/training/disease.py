"""Livers as disease and surgery leave them: resected, with a large caudate lobe, nodular.

``resect`` and ``change_gallbladder`` change what belongs to which segment; the others bend space,
so that image and truth stay in step.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from analysis.simulation.tissues import BY_NAME
from inference.training.randomness import Randomness

RESECTED_SHARE = 0.05
LARGE_CAUDATE_SHARE = 0.10
NODULAR_SHARE = 0.12
GALLBLADDER_SHARE = 0.30
REMOVED_GALLBLADDER_SHARE = 0.4

RESECTIONS: tuple[tuple[int, ...], ...] = (
    (2, 3),
    (2, 3, 4),
    (5, 6, 7, 8),
    (6, 7),
    (5, 8),
    (5, 6),
    (4, 5),
    (6,),
    (7,),
    (2,),
)
"""Segments that are taken out together: left lateral, left, right, posterior, anterior, others."""


def resect(stored_segments: Tensor, tissues: Tensor, random: Randomness) -> tuple[Tensor, Tensor]:
    """Take segments out and let fat, bowel or fluid fill their place.

    Parameters
    ----------
    stored_segments
        (i, j, k) int64, 0-8.
    tissues
        (i, j, k) uint8 tissue values.
    random
        Source of chance.

    Returns
    -------
    Segments and tissues after the operation.
    """
    numbers = RESECTIONS[random.integer(0, len(RESECTIONS) - 1)]
    out = torch.isin(stored_segments, torch.tensor(numbers, device=stored_segments.device))
    names = ("visceral_fat", "visceral_fat", "bowel_content", "stomach_content", "cyst_fluid")
    filling = BY_NAME[str(random.scalars.choice(names))].value
    segments = torch.where(out, 0, stored_segments)
    return segments, torch.where(out, filling, tissues).to(tissues.dtype)


def change_gallbladder(
    segments: Tensor, tissues: Tensor, random: Randomness
) -> tuple[Tensor, Tensor]:
    """Take the gallbladder out, or let it swell, also into the liver.

    Parameters
    ----------
    segments
        (i, j, k) int64, 0-8.
    tissues
        (i, j, k) uint8 tissue values.
    random
        Source of chance.

    Returns
    -------
    Segments and tissues after the change.
    """
    gallbladder = tissues == BY_NAME["gallbladder"].value
    if random.chance(REMOVED_GALLBLADDER_SHARE):
        fat = BY_NAME["visceral_fat"].value
        return segments, torch.where(gallbladder, fat, tissues).to(tissues.dtype)
    reach = min(random.integer(1, 4), (min(tissues.shape) - 1) // 2)
    share = functional.avg_pool3d(
        gallbladder[None, None].float(), 2 * reach + 1, stride=1, padding=reach
    )[0, 0]
    room = (segments > 0) | (tissues == BY_NAME["visceral_fat"].value)
    swollen = gallbladder | ((share > random.uniform(0.05, 0.3)) & room)
    grown = torch.where(swollen, BY_NAME["gallbladder"].value, tissues).to(tissues.dtype)
    return torch.where(swollen, 0, segments), grown


def caudate_growth(index: Tensor, centre: Tensor, spacing_mm: float, random: Randomness) -> Tensor:
    """Let sampling positions draw together around the caudate lobe, which so appears larger.

    Parameters
    ----------
    index
        (3, i, j, k) positions in voxels of the anatomy.
    centre
        (3,) middle of segment I in the same voxels.
    spacing_mm
        Voxel size of the anatomy.
    random
        Source of chance.
    """
    reach = random.uniform(25, 45) / spacing_mm
    offset = index - centre.view(3, 1, 1, 1)
    weight = torch.exp(-offset.square().sum(dim=0) / (2 * reach**2))
    return index - random.uniform(0.2, 0.45) * weight * offset


def nodular_bend(shape: tuple[int, ...], spacing_mm: float, random: Randomness) -> Tensor:
    """Return a fine displacement that makes surfaces knobbly, (3, i, j, k) voxels.

    Parameters
    ----------
    shape
        (i, j, k) of the patch.
    spacing_mm
        Voxel size of the anatomy.
    random
        Source of chance.
    """
    points = random.integer(18, 32)
    return random.uniform(2, 5) / spacing_mm * random.smooth_noise(shape, points, 3)
