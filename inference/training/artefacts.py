"""Artefacts of MR: chemical shift, fold-over, banding, uneven slices."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from analysis.simulation.tissues import TISSUES
from inference.training.randomness import Randomness

_FATTY = tuple(t.value for t in TISSUES if t.pdff_percent > 30)


def chemical_shift(image: Tensor, tissues: Tensor, spacing_mm: float, random: Randomness) -> Tensor:
    """Move fatty tissue by 1-8 mm along one in-plane axis: bright and dark rims at its borders.

    Parameters
    ----------
    image
        (i, j, k) any unit.
    tissues
        (i, j, k) uint8 tissue values.
    spacing_mm
        Voxel size.
    random
        Source of chance.
    """
    fatty = torch.isin(tissues, torch.tensor(_FATTY, device=tissues.device, dtype=tissues.dtype))
    fat = torch.where(fatty, image, 0.0)
    axis = random.integer(0, 1)
    shift = random.uniform(1, 8) / spacing_mm * (1 if random.chance(0.5) else -1)
    whole, part = math.floor(shift), shift - math.floor(shift)
    moved = (1 - part) * fat.roll(whole, axis) + part * fat.roll(whole + 1, axis)
    return image - fat + moved


def fold_over(image: Tensor, random: Randomness) -> Tensor:
    """Add what lies outside a too small field of view to the opposite side."""
    axis = random.integer(0, 1)
    size = image.shape[axis]
    margin = random.integer(1, max(1, size // 6))
    folded = image.clone()
    folded.narrow(axis, size - 2 * margin, margin).add_(image.narrow(axis, 0, margin))
    folded.narrow(axis, margin, margin).add_(image.narrow(axis, size - margin, margin))
    folded.narrow(axis, 0, margin).zero_()
    folded.narrow(axis, size - margin, margin).zero_()
    return folded


def banding(image: Tensor, random: Randomness) -> Tensor:
    """Multiply by dark bands, as balanced steady-state sequences show them."""
    phase = random.uniform(2, 8) * random.smooth_noise(image.shape, 3)[0]
    return image * (1 - random.uniform(0.3, 0.9) * torch.cos(phase).abs() ** 8)


def uneven_slices(image: Tensor, random: Randomness) -> Tensor:
    """Let the brightness of slices differ, as interleaved and breath-held stacks do."""
    gains = 1 + random.uniform(0, 0.15) * random.normal_voxels((1, 1, image.shape[2]))
    return image * gains.clamp(min=0.3)


def spoil(image: Tensor, tissues: Tensor, spacing_mm: float, random: Randomness) -> Tensor:
    """Return the image after a random choice of the artefacts above.

    Parameters
    ----------
    image
        (i, j, k), not negative.
    tissues
        (i, j, k) uint8 tissue values.
    spacing_mm
        Voxel size.
    random
        Source of chance.
    """
    if random.chance(0.10):
        image = chemical_shift(image, tissues, spacing_mm, random)
    if random.chance(0.04):
        image = fold_over(image, random)
    if random.chance(0.04):
        image = banding(image, random)
    return uneven_slices(image, random) if random.chance(0.10) else image
