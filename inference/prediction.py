"""What a model says about an image, on the image's own grid, before it is made consistent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.errors import EmptySegmentation

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
    """

    segments: npt.NDArray[np.uint8]
    liver: Array
    mask: npt.NDArray[np.bool_]
    confidence: float


def require_liver(mask: npt.NDArray[np.bool_], voxel_volume_ml: float) -> None:
    """Refuse a liver mask of less than 100 ml.

    Raises
    ------
    EmptySegmentation
        If no liver was found.
    """
    if np.count_nonzero(mask) * voxel_volume_ml < LEAST_LIVER_ML:
        raise EmptySegmentation(
            "No liver was found in the images. Check that the series shows the upper abdomen; "
            "if it does, send it again with the whole liver in view.",
            code="no-liver",
        )
