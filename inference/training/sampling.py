"""Cut a training patch out of an anatomy: turned, scaled, bent, seen through a field of view."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from inference.training.cache import ANATOMY_SPACING_MM
from inference.training.disease import (
    LARGE_CAUDATE_SHARE,
    NODULAR_SHARE,
    caudate_growth,
    nodular_bend,
)
from inference.training.framing import ABDOMEN, Framing
from inference.training.randomness import Randomness

ROTATION_SD_DEG = 7.0
SCALE_SD = 0.10
COARSE_BEND_MM = 16.0
FINE_BEND_MM = 6.0
LIVER_LEVEL_SHARE = 0.85
SLAB_SHARE = 0.30
NARROW_SHARE = 0.08

Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class StoredBody:
    """An anatomy on the training device.

    Parameters
    ----------
    labels
        (i, j, k) uint8 stored values of the cache.
    liver_centre
        (3,) float32 voxel index of the liver's middle.
    caudate_centre
        (3,) float32 voxel index of the middle of segment I; the liver's where it has none.
    liver_box_centre, liver_box_size
        (3,) float32 voxel index of the middle of the box around the liver, and its sides in voxels.
    spacing_mm
        Voxel size of the anatomy.
    """

    labels: Tensor
    liver_centre: Tensor
    caudate_centre: Tensor
    liver_box_centre: Tensor
    liver_box_size: Tensor
    spacing_mm: float


def _rotation(random: Randomness) -> Tensor:
    result = torch.eye(3)
    for first, second in ((0, 1), (0, 2), (1, 2)):
        angle = math.radians(random.scalars.normal(0, ROTATION_SD_DEG))
        turn = torch.eye(3)
        turn[first, first] = turn[second, second] = math.cos(angle)
        turn[first, second], turn[second, first] = -math.sin(angle), math.sin(angle)
        result = result @ turn
    return result


def _around_liver(body: StoredBody, sides: Tensor, random: Randomness) -> Tensor:
    """Middle of a patch with the given sides in voxels: over the liver's box, or along it.

    A patch that is shorter than the liver along an axis, as a slab is, lies anywhere along it.
    """
    reach = ((body.liver_box_size - sides) / 2).clamp(min=0)
    shift = [random.uniform(-float(room), float(room)) for room in reach]
    return body.liver_box_centre + torch.tensor(shift, dtype=torch.float32)


def _centre(body: StoredBody, sides: Tensor, framing: Framing, random: Randomness) -> Tensor:
    """Voxel index at the middle of the patch, as the framing says."""
    spreads = [spread / body.spacing_mm for spread in framing.jitter_sd_mm]
    if framing.around_liver:
        middle = _around_liver(body, sides, random)
    else:
        sizes = body.labels.shape
        level = float(body.liver_centre[2])
        if not random.chance(LIVER_LEVEL_SHARE):
            level = random.uniform(0, sizes[2])
        middle = torch.tensor([sizes[0] / 2, sizes[1] / 2, level], dtype=torch.float32)
    jitter = [random.scalars.normal(0, spread) for spread in spreads]
    return middle + torch.tensor(jitter, dtype=torch.float32)


def _bend(shape: Shape, voxel_mm: float, random: Randomness) -> Tensor:
    """Smooth displacement of two scales, (3, i, j, k) voxels of the anatomy."""
    coarse = random.uniform(0, COARSE_BEND_MM) * random.smooth_noise(shape, 4, 3)
    fine = random.uniform(0, FINE_BEND_MM) * random.smooth_noise(shape, 9, 3)
    return (coarse + fine) / voxel_mm


def sample_patch(
    body: StoredBody,
    shape: Shape,
    random: Randomness,
    spacing_mm: float = ANATOMY_SPACING_MM,
    framing: Framing = ABDOMEN,
) -> Tensor:
    """Return the stored values of a randomly placed and deformed patch.

    Parameters
    ----------
    body
        The anatomy, on the device of ``random``.
    shape
        (i, j, k) of the patch.
    random
        Source of chance.
    spacing_mm
        Voxel size of the patch.
    framing
        Where its middle lies.

    Returns
    -------
    (i, j, k) uint8; background where the patch leaves the anatomy.
    """
    device = random.device
    step = spacing_mm / body.spacing_mm
    scale = [step * math.exp(random.scalars.normal(0, SCALE_SD)) for _ in range(3)]
    matrix = (_rotation(random) @ torch.diag(torch.tensor(scale, dtype=torch.float32))).to(device)
    axes = [torch.arange(size, device=device) - (size - 1) / 2 for size in shape]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij"))
    index = torch.einsum("ab,bijk->aijk", matrix, grid) + _bend(shape, body.spacing_mm, random)
    sides = torch.tensor(shape) * torch.tensor(scale, dtype=torch.float32)
    index = index + _centre(body, sides, framing, random).to(device).view(3, 1, 1, 1)
    if random.chance(NODULAR_SHARE):
        index = index + nodular_bend(shape, body.spacing_mm, random)
    if random.chance(LARGE_CAUDATE_SHARE):
        centre = body.caudate_centre.to(device)
        index = caudate_growth(index, centre, body.spacing_mm, random)
    return sample_nearest(body.labels, index)


def sample_nearest(labels: Tensor, index: Tensor) -> Tensor:
    """Read labels at fractional voxel indices (3, i, j, k); outside is 0."""
    sizes = torch.tensor(labels.shape, device=labels.device).view(3, 1, 1, 1)
    nearest = index.round().long()
    inside = ((nearest >= 0) & (nearest < sizes)).all(dim=0)
    nearest = torch.minimum(nearest.clamp(min=0), sizes - 1)
    values = labels[nearest[0], nearest[1], nearest[2]]
    return torch.where(inside, values, torch.zeros_like(values))


def field_of_view(shape: Shape, random: Randomness) -> Tensor:
    """Return the part of a patch that was imaged, (i, j, k) bool: often a slab, at times narrow."""
    seen = torch.ones(shape, dtype=torch.bool, device=random.device)
    if random.chance(SLAB_SHARE):
        _keep(seen, 2, random.integer(max(4, shape[2] // 5), shape[2]), random)
    for axis in (0, 1):
        if random.chance(NARROW_SHARE):
            _keep(seen, axis, random.integer(max(4, shape[axis] // 3), shape[axis]), random)
    return seen


def _keep(seen: Tensor, axis: int, thickness: int, random: Randomness) -> None:
    start = random.integer(0, seen.shape[axis] - thickness)
    seen.narrow(axis, 0, start).fill_(False)
    end = start + thickness
    seen.narrow(axis, end, seen.shape[axis] - end).fill_(False)


def dilate(mask: Tensor, voxels: int) -> Tensor:
    """Grow a (i, j, k) bool mask by a cube of the given half width."""
    grown = mask[None, None].float()
    for _ in range(voxels):
        grown = functional.max_pool3d(grown, 3, stride=1, padding=1)
    return grown[0, 0] > 0
