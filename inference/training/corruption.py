"""From tissues to an image as a scanner would spoil it: all in torch, on the device of the labels.

``render`` draws one image: brightness of each tissue, texture, slice thickness, coil bias, noise,
ghosts, gamma; then intensities are brought to 0-1 by the rule the model is shipped with, and what
lies outside the field of view is 0.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from analysis.simulation.tissues import BY_NAME
from inference.training.artefacts import spoil
from inference.training.cache import ANATOMY_SPACING_MM
from inference.training.contrasts import Contrast
from inference.training.randomness import Randomness

PERCENTILES = (1.0, 99.0)


def paint(tissues: Tensor, contrast: Contrast, random: Randomness) -> Tensor:
    """Give every voxel its tissue's brightness, with texture and slow drift between two tables.

    Parameters
    ----------
    tissues
        (i, j, k) uint8 tissue values.
    contrast
        The two tables.
    random
        Source of chance.

    Returns
    -------
    (i, j, k) float32, arbitrary unit.
    """
    index = tissues.long()
    first = torch.from_numpy(contrast.first.astype(np.float32)).to(tissues.device)[index]
    second = torch.from_numpy(contrast.second.astype(np.float32)).to(tissues.device)[index]
    steepness = random.log_uniform(0.5, 20)
    drift = torch.sigmoid(steepness * random.smooth_noise(tissues.shape, 4)[0])
    image = first + drift * (second - first)
    spread = np.abs(random.scalars.normal(0, 0.06, 256)).astype(np.float32)
    texture = torch.from_numpy(spread).to(tissues.device)[index]
    image = image * (1 + texture * random.normal_voxels(image.shape))
    if contrast.air_noise > 0:
        air = (index == BY_NAME["background"].value) | (index == BY_NAME["lung"].value)
        noise = contrast.air_noise * random.normal_voxels(image.shape)
        image = torch.where(air, image + noise, image)
    return image


def blur(
    image: Tensor, fwhm_mm: tuple[float, float, float], voxel_mm: float = ANATOMY_SPACING_MM
) -> Tensor:
    """Blur along each axis by a Gaussian of the given full width at half maximum in mm."""
    result = image[None, None]
    for axis, width in enumerate(fwhm_mm):
        sigma = width / voxel_mm / 2.355
        if sigma < 0.15:
            continue
        radius = max(1, math.ceil(2.5 * sigma))
        offsets = torch.arange(-radius, radius + 1, device=image.device, dtype=torch.float32)
        kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
        shape, padding = [1, 1, 1, 1, 1], [0, 0, 0]
        shape[2 + axis], padding[axis] = offsets.numel(), radius
        around = [size for pair in zip(padding[::-1], padding[::-1], strict=True) for size in pair]
        padded = functional.pad(result, around, mode="replicate")
        result = functional.conv3d(padded, (kernel / kernel.sum()).view(shape))
    return result[0, 0]


def thick_slices(image: Tensor, random: Randomness, voxel_mm: float) -> Tensor:
    """Blur by voxel size and by slices of 3-10 mm along one axis, at times with gaps between."""
    plane = random.uniform(0, 5)
    widths = [plane, plane, plane]
    axis = 2 if random.chance(0.8) else random.integer(0, 1)
    widths[axis] = random.uniform(3, 10)
    image = blur(image, (widths[0], widths[1], widths[2]), voxel_mm)
    if widths[axis] > 1.5 * voxel_mm and random.chance(0.5):
        count = max(2, round(image.shape[axis] * voxel_mm / widths[axis]))
        sizes = list(image.shape)
        sizes[axis] = count
        fewer = functional.interpolate(image[None, None], size=sizes, mode="nearest-exact")
        wide = functional.interpolate(fewer, size=tuple(image.shape), mode="trilinear")
        image = wide[0, 0]
    return image


def bias(image: Tensor, random: Randomness) -> Tensor:
    """Multiply by a smooth coil sensitivity of up to about fourfold."""
    field = random.smooth_noise(image.shape, random.integer(2, 4))[0]
    return image * torch.exp(random.uniform(0, 0.6) * field)


def ghost(image: Tensor, random: Randomness) -> Tensor:
    """Add shifted faint copies along one axis, as breathing and pulsation do."""
    axis = random.integer(0, 1)
    shift = random.integer(image.shape[axis] // 8, image.shape[axis] // 2)
    copies = torch.roll(image, shift, axis) + torch.roll(image, -shift, axis)
    return image + random.uniform(0.02, 0.12) * copies


def metal_void(image: Tensor, random: Randomness) -> Tensor:
    """Blank a ball somewhere, as metal does."""
    axes = [torch.arange(size, device=image.device) for size in image.shape]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij")).float()
    centre = [random.uniform(0, size) for size in image.shape]
    distance = (grid - torch.tensor(centre, device=image.device).view(3, 1, 1, 1)).square().sum(0)
    return torch.where(distance < random.uniform(2, 9) ** 2, image.amin(), image)


def magnitude_noise(image: Tensor, random: Randomness) -> Tensor:
    """Add complex noise and take the magnitude: Rician, signal-to-noise ratio about 7 to 150."""
    level = torch.quantile(image.flatten()[::17], 0.9) / random.log_uniform(7, 150)
    real = image + level * random.normal_voxels(image.shape)
    return torch.hypot(real, level * random.normal_voxels(image.shape))


def percentile_limits(
    image: Tensor, seen: Tensor, percentiles: tuple[float, float]
) -> tuple[Tensor, Tensor]:
    """Return two percentiles over the voxels above zero (over all where there are none)."""
    values = image[seen]
    values = values[values > 0] if bool((values > 0).any()) else values
    if values.numel() > 200_000:
        values = values[:: values.numel() // 100_000]
    limits = torch.quantile(values, torch.tensor(percentiles, device=image.device) / 100)
    return limits[0], limits[1]


def normalise(
    image: Tensor, seen: Tensor, percentiles: tuple[float, float] = PERCENTILES
) -> Tensor:
    """Bring an image to 0-1: clip to its 1st and 99th percentile; 0 outside the field of view.

    Percentiles are taken over the voxels above zero: the rule of the shipped model's card.

    Parameters
    ----------
    image
        (i, j, k) any unit.
    seen
        (i, j, k) bool, the field of view.
    percentiles
        Lower and upper, 0-100.
    """
    low, high = percentile_limits(image, seen, percentiles)
    scaled = ((image - low) / (high - low).clamp(min=1e-6)).clamp(0, 1)
    return scaled * seen


def render(
    tissues: Tensor,
    seen: Tensor,
    contrast: Contrast,
    random: Randomness,
    voxel_mm: float = ANATOMY_SPACING_MM,
) -> Tensor:
    """Return an image of a patch, 0-1, spoiled as real ones are.

    Parameters
    ----------
    tissues
        (i, j, k) uint8 tissue values.
    seen
        (i, j, k) bool, the field of view.
    contrast
        What the tissues look like.
    random
        Source of chance.
    voxel_mm
        Voxel size of the patch.
    """
    image = paint(tissues, contrast, random)
    negative = bool(image.amin() < 0)
    if not negative:
        image = spoil(image, tissues, voxel_mm, random)
    image = thick_slices(image, random, voxel_mm)
    if random.chance(0.7) and not negative:
        image = bias(image, random)
    if random.chance(0.1):
        image = ghost(image, random)
    if random.chance(0.03):
        image = metal_void(image, random)
    if negative:
        spread = image.std() * random.log_uniform(0.01, 0.15)
        image = image + spread * random.normal_voxels(image.shape)
    else:
        image = magnitude_noise(image, random)
    jitter = (random.uniform(0, 2), random.uniform(97.5, 99.8))
    image = normalise(image, seen, PERCENTILES if random.chance(0.5) else jitter)
    return image ** random.log_uniform(0.65, 1.55) if random.chance(0.5) else image
