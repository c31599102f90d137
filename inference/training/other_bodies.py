"""What is not a liver: heads, limbs, bottles, and abdomens whose liver was replaced.

A network that only ever saw livers finds one everywhere. These samples carry no segment at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from analysis.simulation.tissues import BY_NAME
from inference.training.randomness import Randomness
from inference.training.sampling import Shape

OTHER_BODY_SHARE = 0.05
LIVERLESS_SHARE = 0.03

_BRAIN = ("spleen", "kidney", "pancreas", "other_soft_tissue", "muscle", "lesion", "spinal_cord")
_FILLINGS = ("visceral_fat", "bowel_content", "bowel_wall", "bowel_gas", "stomach_content")


def _code(name: str) -> int:
    return BY_NAME[name].value


def _grid_mm(shape: Shape, spacing_mm: float, random: Randomness) -> Tensor:
    """Millimetres from a point near the patch's middle, turned at random, (3, i, j, k)."""
    axes = [torch.arange(size, device=random.device) - (size - 1) / 2 for size in shape]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij")).float() * spacing_mm
    shift = [random.scalars.normal(0, 0.08 * size * spacing_mm) for size in shape]
    grid = grid - torch.tensor(shift, device=random.device, dtype=torch.float32).view(3, 1, 1, 1)
    angle = math.radians(random.scalars.normal(0, 20))
    across, along = grid[1].clone(), grid[2].clone()
    grid[1] = math.cos(angle) * across - math.sin(angle) * along
    grid[2] = math.sin(angle) * across + math.cos(angle) * along
    return grid + random.uniform(0, 8) * random.smooth_noise(shape, 5, 3)


def _blobs(shape: Shape, names: tuple[str, ...], points: int, random: Randomness) -> Tensor:
    """Random patches of random tissues, (i, j, k) uint8."""
    count = random.integer(2, len(names))
    fields = random.smooth_noise(shape, points, channels=count)
    codes = [_code(str(name)) for name in random.scalars.choice(names, size=count)]
    return torch.tensor(codes, dtype=torch.uint8, device=random.device)[fields.argmax(dim=0)]


def head(shape: Shape, spacing_mm: float, random: Randomness) -> Tensor:
    """Draw a head: skin and fat, skull, fluid, a folded brain with ventricles."""
    grid = _grid_mm(shape, spacing_mm, random)
    half = (random.uniform(65, 80), random.uniform(80, 100), random.uniform(65, 95))
    axes = torch.tensor(half, device=random.device).view(3, 1, 1, 1)
    depth_mm = (1 - (grid / axes).square().sum(dim=0).sqrt()) * min(half)
    brain = _blobs(shape, _BRAIN, random.integer(4, 30), random)
    ventricle = (grid / axes * 3.5).square().sum(dim=0) < random.uniform(0.2, 1.2)
    brain = torch.where(ventricle, _code("cyst_fluid"), brain)
    shells = (
        ("skin", 0.0),
        ("subcutaneous_fat", 2.0),
        ("cortical_bone", random.uniform(5, 9)),
        ("bone_marrow", 10.0),
        ("cyst_fluid", random.uniform(12, 15)),
    )
    image = torch.zeros(shape, dtype=torch.uint8, device=random.device)
    for name, above_mm in shells:
        image = torch.where(depth_mm > above_mm, _code(name), image)
    return torch.where(depth_mm > random.uniform(15, 20), brain, image).to(torch.uint8)


def limbs(shape: Shape, spacing_mm: float, random: Randomness) -> Tensor:
    """Draw one or two limbs: fat around muscle around a bone with marrow."""
    image = torch.zeros(shape, dtype=torch.uint8, device=random.device)
    grid = _grid_mm(shape, spacing_mm, random)
    radius = random.uniform(35, 110)
    centres = (0.0,) if random.chance(0.4) else (-1.1 * radius, 1.1 * radius)
    muscle = _blobs(shape, ("muscle", "muscle", "other_soft_tissue", "large_vessel"), 9, random)
    for centre in centres:
        distance = torch.hypot(grid[0] - centre, grid[1])
        image = torch.where(distance < radius, _code("subcutaneous_fat"), image)
        image = torch.where(distance < radius * random.uniform(0.6, 0.95), muscle, image)
        image = torch.where(distance < 0.25 * radius, _code("cortical_bone"), image)
        image = torch.where(distance < 0.17 * radius, _code("bone_marrow"), image)
    return image.to(torch.uint8)


def bottles(shape: Shape, spacing_mm: float, random: Randomness) -> Tensor:
    """Draw one to six vessels of one filling each, round or boxes, as phantoms are."""
    image = torch.zeros(shape, dtype=torch.uint8, device=random.device)
    for _ in range(random.integer(1, 6)):
        grid = _grid_mm(shape, spacing_mm, random).abs()
        size = random.log_uniform(15, 130)
        inside = grid.amax(dim=0) < size
        if random.chance(0.7):
            inside = (torch.hypot(grid[0], grid[1]) < size) & (
                grid[2] < random.uniform(1, 3) * size
            )
        name = str(random.scalars.choice(("cyst_fluid", "spleen", "subcutaneous_fat", "muscle")))
        image = torch.where(inside, _code(name), image)
    return image.to(torch.uint8)


KINDS: tuple[tuple[Callable[[Shape, float, Randomness], Tensor], float], ...] = (
    (head, 0.5),
    (limbs, 0.25),
    (bottles, 0.25),
)


def other_body(shape: Shape, spacing_mm: float, random: Randomness) -> Tensor:
    """Draw something that holds no liver.

    Parameters
    ----------
    shape
        (i, j, k) of the patch.
    spacing_mm
        Voxel size.
    random
        Source of chance.

    Returns
    -------
    (i, j, k) uint8 tissues.
    """
    chosen = int(random.scalars.choice(len(KINDS), p=[share for _, share in KINDS]))
    return KINDS[chosen][0](shape, spacing_mm, random)


def without_liver(tissues: Tensor, liver: Tensor, random: Randomness) -> Tensor:
    """Fill the liver's place with fat, bowel and stomach.

    Parameters
    ----------
    tissues
        (i, j, k) uint8 tissue values.
    liver
        (i, j, k) bool, any segment.
    random
        Source of chance.
    """
    shape = (tissues.shape[0], tissues.shape[1], tissues.shape[2])
    filling = _blobs(shape, _FILLINGS, random.integer(6, 16), random)
    return torch.where(liver, filling, tissues)
