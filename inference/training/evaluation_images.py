"""Images to measure a model on: simulated ones of held-out patients, whole and as thin slabs."""

from __future__ import annotations

import numpy as np
import torch

from analysis.quantities import MR_SIGNAL
from analysis.volume import Geometry, Volume
from inference.training.batches import stored_body
from inference.training.cache import SEGMENT_OF, TISSUE_OF, Anatomy
from inference.training.contrasts import BY_KIND
from inference.training.corruption import render
from inference.training.overlap import Labels
from inference.training.randomness import seeded
from inference.training.tissue_map import TissueMap, axis_aligned

KINDS = ("multi-echo", "water", "t1w", "t2w", "random")
ABOVE_BELOW_MM = 48.0
SLAB_MM = (27.0, 70.0)
AXIAL, CORONAL = 2, 1


def around_liver(anatomy: Anatomy) -> TissueMap:
    """Return the slices of a body from 48 mm below to 48 mm above its liver."""
    levels = np.flatnonzero(anatomy.segments.any(axis=(0, 1)))
    spacing = anatomy.body.geometry.spacing_mm[0]
    margin = round(ABOVE_BELOW_MM / spacing)
    start = max(int(levels[0]) - margin, 0)
    labels = anatomy.body.labels[..., start : int(levels[-1]) + margin + 1]
    origin = anatomy.body.origin_mm + [0, 0, start * spacing]
    return TissueMap(labels, axis_aligned(labels.shape, origin, spacing))


def simulate(anatomy: Anatomy, kind: str, seed: int) -> tuple[Volume, Labels]:
    """Return a simulated image of an undeformed anatomy, and its segments.

    Parameters
    ----------
    anatomy
        A held-out patient.
    kind
        Name of a contrast kind.
    seed
        Of the contrast and the corruption.
    """
    part = around_liver(anatomy)
    random = seeded(seed, torch.device("cpu"))
    body = stored_body(Anatomy(anatomy.patient, anatomy.context, part), random.device)
    tissues = torch.from_numpy(TISSUE_OF.copy())[body.labels.long()]
    seen = torch.ones(part.labels.shape, dtype=torch.bool)
    contrast = BY_KIND[kind].draw(random.scalars)
    image = render(tissues, seen, contrast, random, part.geometry.spacing_mm[0])
    return Volume(image.numpy(), part.geometry, MR_SIGNAL), SEGMENT_OF[part.labels]


def slab(volume: Volume, truth: Labels, axis: int, seed: int) -> tuple[Volume, Labels]:
    """Return a thin part of an image, anywhere along the liver, and its segments.

    Parameters
    ----------
    volume, truth
        As from ``simulate``.
    axis
        Across the slab: ``AXIAL`` or ``CORONAL``.
    seed
        Of its thickness, 27 to 70 mm, and its place: its middle lies within the liver's extent.
    """
    rng = np.random.default_rng(seed)
    others = tuple(other for other in range(3) if other != axis)
    levels = np.flatnonzero(truth.any(axis=others))
    size = truth.shape[axis]
    count = min(size, round(rng.uniform(*SLAB_MM) / volume.geometry.spacing_mm[axis]))
    start = int(rng.integers(levels[0], levels[-1] + 1)) - count // 2
    start = min(max(start, 0), size - count)
    place = [slice(None)] * 3
    place[axis] = slice(start, start + count)
    affine = volume.geometry.affine.copy()
    affine[:3, 3] += affine[:3, axis] * start
    image = volume.array[tuple(place)]
    return Volume(image, Geometry(image.shape, affine), volume.quantity), truth[tuple(place)]
