"""Make an anatomy differ from its label map: lesions, vessels, ascites, habitus, strange bodies.

Every function changes tissues only. What belongs to which Couinaud segment stays as it was: a
lesion, a cyst or a vessel inside the liver is liver.
"""

from __future__ import annotations

import torch
from torch import Tensor

from analysis.simulation.tissues import BY_NAME, TISSUES
from inference.training.randomness import Randomness
from inference.training.sampling import dilate

LESION_SHARE = 0.25
VESSEL_SHARE = 0.40
ASCITES_SHARE = 0.06
HABITUS_SHARE = 0.35
STRANGE_SHARE = 0.05
LOOPS_SHARE = 0.30
ARMS_SHARE = 0.15
HEART_SHARE = 0.40
LARGEST_LESION_VOXELS = 14.0
NECROTIC_SHARE = 0.3

_SURROUNDINGS = tuple(t.value for t in TISSUES if t.value >= BY_NAME["subcutaneous_fat"].value)


def _code(name: str) -> int:
    return BY_NAME[name].value


def add_lesions(tissues: Tensor, liver: Tensor, random: Randomness) -> Tensor:
    """Put one to five round lesions, some with a fluid core, or cysts into the liver."""
    places = liver.nonzero()
    if len(places) == 0:
        return tissues
    axes = [torch.arange(size, device=tissues.device) for size in tissues.shape]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij")).float()
    for _ in range(random.integer(1, 5)):
        centre = places[random.integer(0, len(places) - 1)].float().view(3, 1, 1, 1)
        radius = random.log_uniform(1.0, LARGEST_LESION_VOXELS)
        distance = (grid - centre).square().sum(dim=0).sqrt()
        solid = random.chance(0.6)
        kind = _code("lesion") if solid else _code("cyst_fluid")
        tissues = torch.where((distance < radius) & liver, kind, tissues)
        if solid and random.chance(NECROTIC_SHARE):
            inside = (distance < random.uniform(0.3, 0.8) * radius) & liver
            tissues = torch.where(inside, _code("cyst_fluid"), tissues)
    return tissues


def add_vessels(tissues: Tensor, liver: Tensor, random: Randomness) -> Tensor:
    """Draw a net of thin tubes into the liver: where two smooth fields are both near zero."""
    fields = random.smooth_noise(tissues.shape, random.integer(7, 12), channels=2)
    width = random.uniform(0.08, 0.25)
    tubes = (fields.abs() < width).all(dim=0) & liver
    return torch.where(tubes, _code("hepatic_vessel"), tissues)


def add_ascites(tissues: Tensor, liver: Tensor, random: Randomness) -> Tensor:
    """Lay free fluid around the liver, in place of visceral fat and lung base."""
    shell = dilate(liver, random.integer(1, 4)) & ~liver
    room = (tissues == _code("visceral_fat")) | (tissues == _code("lung"))
    return torch.where(shell & room, _code("cyst_fluid"), tissues)


def change_habitus(tissues: Tensor, random: Randomness) -> Tensor:
    """Make the layer of subcutaneous fat thinner or thicker by up to 20 mm at 4 mm voxels."""
    air = tissues == _code("background")
    steps = random.integer(1, 5)
    if random.chance(0.5):
        layer = (tissues == _code("subcutaneous_fat")) | (tissues == _code("skin"))
        return torch.where(dilate(air, steps) & layer, _code("background"), tissues)
    return torch.where(air & dilate(~air, steps), _code("subcutaneous_fat"), tissues)


def add_arms(tissues: Tensor, random: Randomness) -> Tensor:
    """Lay one or two arms into the air beside the body: bone in muscle in fat, 5 to 11 voxels."""
    device = tissues.device
    i, j, k = (torch.arange(size, device=device) for size in tissues.shape)
    air = tissues == _code("background")
    sides = (0.0, 1.0) if random.chance(0.7) else (float(random.chance(0.5)),)
    for side in sides:
        across = (side + (0.5 - side) * random.uniform(0.0, 0.3)) * (len(i) - 1)
        depth = random.uniform(0.3, 0.7) * (len(j) - 1) + random.uniform(-0.2, 0.2) * k
        squared = (i[:, None, None] - across) ** 2 + (j[:, None] - depth) ** 2
        radius = random.uniform(5.0, 11.0)
        for share, name in ((1.0, "subcutaneous_fat"), (0.8, "muscle"), (0.3, "bone_marrow")):
            tissues = torch.where(air & (squared < (share * radius) ** 2), _code(name), tissues)
    return tissues


def change_heart(tissues: Tensor, random: Randomness) -> Tensor:
    """Let the heart lie on the diaphragm, up to three voxels larger, with blood in its chambers.

    In images of thick slices nothing is seen between the heart's lower wall and the liver's dome.
    """
    heart = tissues == _code("heart")
    if not bool(heart.any()):
        return tissues
    room = (tissues == _code("visceral_fat")) | (tissues == _code("lung"))
    grown = heart | (dilate(heart, random.integer(0, 3)) & room)
    tissues = torch.where(grown, _code("heart"), tissues)
    if random.chance(0.5):
        wall = dilate(~grown, random.integer(1, 4))
        field = random.smooth_noise(tissues.shape, random.integer(8, 16))[0]
        blood = grown & ~wall & (field > random.uniform(-1.0, 0.5))
        tissues = torch.where(blood, _code("large_vessel"), tissues)
    return tissues


def add_loops(tissues: Tensor, random: Randomness) -> Tensor:
    """Turn blobs of visceral fat into bowel, stomach or muscle: less room around the organs."""
    blobs = random.smooth_noise(tissues.shape, random.integer(8, 16))[0]
    names = ("bowel_content", "bowel_wall", "bowel_gas", "stomach_content", "muscle")
    kind = _code(str(random.scalars.choice(names)))
    chosen = (blobs > random.uniform(-0.3, 0.6)) & (tissues == _code("visceral_fat"))
    return torch.where(chosen, kind, tissues)


def strange_body(tissues: Tensor, liver: Tensor, random: Randomness) -> Tensor:
    """Replace everything but the liver by random blobs of random tissues."""
    count = random.integer(4, 10)
    fields = random.smooth_noise(tissues.shape, random.integer(5, 14), channels=count)
    chosen = random.scalars.choice(_SURROUNDINGS, size=count)
    codes = torch.tensor(chosen, dtype=tissues.dtype, device=tissues.device)
    blobs = codes[fields.argmax(dim=0)]
    keep = liver | ((tissues == _code("background")) & random.chance(0.7))
    return torch.where(keep, tissues, blobs)


_OF_THE_BODY = (
    (ARMS_SHARE, add_arms),
    (HEART_SHARE, change_heart),
    (LOOPS_SHARE, add_loops),
)
_OF_THE_LIVER = (
    (ASCITES_SHARE, add_ascites),
    (VESSEL_SHARE, add_vessels),
    (LESION_SHARE, add_lesions),
)


def vary(tissues: Tensor, liver: Tensor, random: Randomness) -> Tensor:
    """Return tissues after a random choice of the changes above.

    Parameters
    ----------
    tissues
        (i, j, k) uint8 values of the tissue table.
    liver
        (i, j, k) bool, any segment.
    random
        Source of chance.
    """
    if random.chance(STRANGE_SHARE):
        tissues = strange_body(tissues, liver, random)
    elif random.chance(HABITUS_SHARE):
        tissues = change_habitus(tissues, random)
    for share, change in _OF_THE_BODY:
        if random.chance(share):
            tissues = change(tissues, random)
    for share, change_by in _OF_THE_LIVER:
        if random.chance(share):
            tissues = change_by(tissues, liver, random)
    return tissues.to(torch.uint8)
