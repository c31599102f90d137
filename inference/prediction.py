"""What a model says about an image, on the image's own grid, before it is made consistent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.anatomy import BY_KEY
from analysis.errors import EmptySegmentation
from analysis.wording import words

LEAST_LIVER_ML = 100.0
Array = npt.NDArray[np.float32]
Run = Callable[[Array], Array]
Channels = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """A model's answer, all (i, j, k) on the grid of the image.

    Parameters
    ----------
    segments
        uint8, the most probable segment (1-8) at least wherever ``mask`` is True.
    liver
        float32, probability of any segment.
    mask
        bool, where the model says liver.
    confidence
        Dice that the probabilities promise for the mask, 0 to 1.
    agreement
        Least Dice between the livers of any two views of the same body, or None of one view.
    """

    segments: npt.NDArray[np.uint8]
    liver: Array
    mask: npt.NDArray[np.bool_]
    confidence: float
    agreement: float | None = None


def most_probable(
    logits: Iterable[Array], labels: Channels, shape: tuple[int, int, int]
) -> tuple[npt.NDArray[np.uint8], Array]:
    """Return the label of the highest logit and the probability of any segment.

    One class at a time, so that they need not lie in memory together: the sums of exp(logit) are
    kept relative to the highest so far.

    Parameters
    ----------
    logits
        Of each output channel, of shape ``shape``.
    labels
        (output channel, segment key) pairs.
    shape
        Of the image.

    Returns
    -------
    uint8 labels (0: no segment), and float32 probabilities by softmax.
    """
    segments = {channel: BY_KEY[key].label for channel, key in labels}
    best = np.full(shape, -np.inf, np.float32)
    winner = np.zeros(shape, np.uint8)
    liver, everything = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for channel, logit in enumerate(logits):
        higher = np.maximum(best, logit)
        winner[logit > best] = segments.get(channel, 0)
        fading, share = np.exp(best - higher), np.exp(logit - higher)
        everything = everything * fading + share
        liver = liver * fading + (share if channel in segments else 0)
        best = higher
    return winner, liver / everything


def require_liver(mask: npt.NDArray[np.bool_], voxel_volume_ml: float) -> None:
    """Refuse a liver mask of less than 100 ml.

    Raises
    ------
    EmptySegmentation
        If no liver was found.
    """
    if np.count_nonzero(mask) * voxel_volume_ml < LEAST_LIVER_ML:
        raise EmptySegmentation(
            words(
                "No liver was found in the images. Check that the series shows the upper "
                "abdomen; if it does, send it again with the whole liver in view."
            ),
            code="no-liver",
        )
