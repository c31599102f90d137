"""Follow nnU-Net's recipe: the labels that its own predictor would give, with less memory.

Differences from nnU-Net's predictor: logits are blended in float32 (there: half precision), and
are brought back to the image one class at a time.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.volume import Volume
from inference.array_axes import Array, Size, layout_of
from inference.confidence import expected_dice
from inference.mirroring import mirrored
from inference.nnunet_preparation import (
    axis_apart,
    body_box,
    network_shape,
    normalised,
    resized,
    tile_weights,
)
from inference.postprocessing import Box
from inference.prediction import Channels, Prediction, Run, most_probable
from inference.preprocessing import require_segmentable
from inference.recipes import NnunetRecipe
from inference.sliding_window import blend, tile_starts

OVERLAP = 0.5


def _blended_logits(image: Array, recipe: NnunetRecipe, run: Run) -> Array:
    """Return (class, ...) logits of an image, padded evenly on both sides where it is small."""
    missing = [max(0, t - s) for s, t in zip(image.shape, recipe.tile, strict=True)]
    padding = [(amount // 2, amount - amount // 2) for amount in missing]
    padded = np.pad(image, padding)
    x, y, z = (
        tile_starts(side, tile, OVERLAP)
        for side, tile in zip(padded.shape, recipe.tile, strict=True)
    )
    logits = blend(padded, lambda tile: run(tile)[0], tile_weights(recipe.tile), (x, y, z))
    inner = tuple(
        slice(below, below + size) for (below, _), size in zip(padding, image.shape, strict=True)
    )
    return logits[(slice(None), *inner)]


def _placed(block: npt.NDArray[np.generic], box: Box, shape: Size) -> npt.NDArray[np.generic]:
    result = np.zeros(shape, block.dtype)
    result[box.slices] = block
    return result


def predict_like_nnunet(
    volume: Volume, recipe: NnunetRecipe, labels: Channels, run: Run
) -> Prediction:
    """Find the segments as nnU-Net's predictor would: step 0.5, Gaussian weights.

    Parameters
    ----------
    volume
        Any orientation and spacing.
    recipe
        Of the model.
    labels
        (output channel, segment key) pairs.
    run
        The network: float32 (1, 1, *tile) to logits (1, class, *tile), along its own axes.

    Raises
    ------
    UnsupportedAcquisition, UnusableInput
        If the image cannot hold a liver.
    """
    layout = layout_of(volume.geometry, recipe.orientation, recipe.axes)
    image = layout.to_network(require_segmentable(volume))
    spacing = layout.spacing(volume.geometry)
    box, body = body_box(image)
    cropped = normalised(image[box.slices], body, recipe.intensity)
    shape = network_shape(box.shape, spacing, recipe.spacing_mm)
    apart = axis_apart(spacing, recipe.spacing_mm, recipe.image_resize)
    prepared = resized(cropped, shape, recipe.image_resize, apart)
    logits = _blended_logits(prepared, recipe, mirrored(run, recipe.mirror_axes))
    apart = axis_apart(recipe.spacing_mm, spacing, recipe.logit_resize)
    returned = (resized(one, box.shape, recipe.logit_resize, apart) for one in logits)
    winner, liver = most_probable(returned, labels, box.shape)
    whole = (image.shape[0], image.shape[1], image.shape[2])
    segments = np.ascontiguousarray(layout.to_image(_placed(winner, box, whole)), dtype=np.uint8)
    probability = np.ascontiguousarray(layout.to_image(_placed(liver, box, whole)), np.float32)
    mask = segments > 0
    return Prediction(segments, probability, mask, expected_dice(probability, mask))
