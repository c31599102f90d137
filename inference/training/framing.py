"""What a training patch shows: how large it is, and where its middle lies.

A network that locates the liver sees the abdomen; one that draws it sees the liver and what touches
it, in smaller voxels at the same cost.
"""

from __future__ import annotations

from dataclasses import dataclass

Extent = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Framing:
    """How patches are cut out of bodies.

    Parameters
    ----------
    name
        As the command line and the checkpoint call it.
    extents_mm
        Extents (x, y, z) of patches in mm and how often each is used, shares that sum to 1.
    around_liver
        Centre patches on the liver's box; else on the body, mostly at the liver's level.
    jitter_sd_mm
        Standard deviation of the patch's middle along each axis.
    """

    name: str
    extents_mm: tuple[tuple[Extent, float], ...]
    around_liver: bool
    jitter_sd_mm: tuple[float, float, float]

    def __post_init__(self) -> None:
        if abs(sum(share for _, share in self.extents_mm) - 1) > 1e-9:
            raise ValueError("the shares of the extents must sum to 1")


ABDOMEN = Framing(
    "abdomen",
    (
        ((384, 320, 192), 0.50),
        ((384, 320, 320), 0.25),
        ((256, 256, 192), 0.08),
        ((384, 320, 64), 0.12),
        ((384, 64, 320), 0.05),
    ),
    around_liver=False,
    jitter_sd_mm=(18.0, 14.0, 36.0),
)
"""Usual, long and narrow fields of view, and thin axial and coronal slabs as tiles of thin volumes
have them."""

LIVER = Framing(
    "liver",
    (
        ((320, 256, 192), 0.46),
        ((256, 256, 256), 0.12),
        ((240, 240, 144), 0.12),
        ((320, 256, 48), 0.18),
        ((320, 48, 256), 0.12),
    ),
    around_liver=True,
    jitter_sd_mm=(14.0, 12.0, 18.0),
)
"""The liver's box with room around it, tiles of a large one, and thin axial and coronal slabs
anywhere along it; the jitter is how far a located box may be off."""

FRAMINGS = {framing.name: framing for framing in (ABDOMEN, LIVER)}
