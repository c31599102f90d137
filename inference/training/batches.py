"""Training samples: an anatomy, deformed, varied and imaged; nothing is ever shown twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from inference.training.cache import ANATOMY_SPACING_MM, SEGMENT_OF, TISSUE_OF, Anatomy
from inference.training.contrasts import Contrast, draw_contrast
from inference.training.corruption import render
from inference.training.disease import GALLBLADDER_SHARE, RESECTED_SHARE, change_gallbladder, resect
from inference.training.framing import ABDOMEN, Framing
from inference.training.other_bodies import (
    LIVERLESS_SHARE,
    OTHER_BODY_SHARE,
    other_body,
    without_liver,
)
from inference.training.randomness import Randomness
from inference.training.sampling import Shape, StoredBody, field_of_view, sample_patch
from inference.training.variation import vary

CAUDATE_SEGMENT = 1


def stored_body(anatomy: Anatomy, device: torch.device) -> StoredBody:
    """Put an anatomy on the training device."""
    labels = torch.from_numpy(np.array(anatomy.body.labels)).to(device)
    liver = np.argwhere(anatomy.segments > 0)
    centre, low, high = liver.mean(axis=0), liver.min(axis=0), liver.max(axis=0)
    caudate = np.argwhere(anatomy.segments == CAUDATE_SEGMENT)
    middle = caudate.mean(axis=0) if len(caudate) else centre
    return StoredBody(
        labels,
        torch.from_numpy(centre.astype(np.float32)),
        torch.from_numpy(middle.astype(np.float32)),
        torch.from_numpy(((low + high) / 2).astype(np.float32)),
        torch.from_numpy((high - low + 1).astype(np.float32)),
        anatomy.body.geometry.spacing_mm[0],
    )


def _draw_anatomy(
    body: StoredBody, shape: Shape, random: Randomness, spacing_mm: float, framing: Framing
) -> tuple[Tensor, Tensor]:
    """Return tissues (uint8) and segments (int64): mostly with a liver, at times without."""
    if random.chance(OTHER_BODY_SHARE):
        tissues = other_body(shape, spacing_mm, random)
        return tissues, torch.zeros(shape, dtype=torch.int64, device=random.device)
    stored = sample_patch(body, shape, random, spacing_mm, framing).long()
    segments = torch.from_numpy(SEGMENT_OF.astype(np.int64)).to(stored.device)[stored]
    tissues = torch.from_numpy(TISSUE_OF.astype(np.uint8)).to(stored.device)[stored]
    if random.chance(LIVERLESS_SHARE):
        return without_liver(tissues, segments > 0, random), torch.zeros_like(segments)
    if random.chance(RESECTED_SHARE):
        segments, tissues = resect(segments, tissues, random)
    if random.chance(GALLBLADDER_SHARE):
        segments, tissues = change_gallbladder(segments, tissues, random)
    return vary(tissues, segments > 0, random), segments


def make_sample(
    body: StoredBody,
    shape: Shape,
    random: Randomness,
    contrast: Contrast | None = None,
    *,
    spacing_mm: float = ANATOMY_SPACING_MM,
    framing: Framing = ABDOMEN,
) -> tuple[Tensor, Tensor]:
    """Return one image and its Couinaud segments.

    Parameters
    ----------
    body
        The anatomy.
    shape
        (i, j, k) of the patch.
    random
        Source of chance.
    contrast
        What tissues look like; drawn if not given.
    spacing_mm
        Voxel size of the patch.
    framing
        Where its middle lies.

    Returns
    -------
    Image (i, j, k) float32, 0-1, and segments (i, j, k) int64, 0-8.
    """
    tissues, segments = _draw_anatomy(body, shape, random, spacing_mm, framing)
    seen = field_of_view(shape, random)
    chosen = draw_contrast(random.scalars) if contrast is None else contrast
    return render(tissues, seen, chosen, random, spacing_mm), segments * seen


def make_batch(
    bodies: Sequence[StoredBody],
    size: int,
    shape: Shape,
    random: Randomness,
    spacing_mm: float = ANATOMY_SPACING_MM,
    framing: Framing = ABDOMEN,
) -> tuple[Tensor, Tensor]:
    """Return images (batch, 1, i, j, k) and segments (batch, i, j, k) of random anatomies."""
    samples = [
        make_sample(
            bodies[random.integer(0, len(bodies) - 1)],
            shape,
            random,
            spacing_mm=spacing_mm,
            framing=framing,
        )
        for _ in range(size)
    ]
    images = torch.stack([image for image, _ in samples])[:, None]
    return images, torch.stack([segments for _, segments in samples])
