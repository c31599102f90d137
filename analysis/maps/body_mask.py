"""Which voxels lie in the body: only these are fitted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

BoolArray = npt.NDArray[np.bool_]

RELATIVE_THRESHOLD = 0.04  # of the signal of bright tissue
NOISE_THRESHOLD = 6.0  # in units of the noise level
SMALLEST_PART = 0.01  # of the largest connected part
IN_PLANE = np.zeros((3, 3, 3), dtype=bool)
IN_PLANE[1, :, 1] = IN_PLANE[:, 1, 1] = True


def find_body(magnitude: npt.NDArray[np.float32], sigma_background: float | None) -> BoolArray:
    """Return the voxels inside the body, including dark ones that tissue surrounds.

    A voxel counts as tissue when its brightest echo lies above 4 % of bright tissue and above six
    times the noise; small islands are removed and holes within a slice are filled.

    Parameters
    ----------
    magnitude
        (echo, i, j, k) finite, >= 0.
    sigma_background
        Noise level of one channel, or None where the background holds no noise.

    Returns
    -------
    (i, j, k) bool; all False when there is no signal at all.
    """
    brightest = magnitude[: min(3, magnitude.shape[0])].max(axis=0)
    lit = brightest[brightest > 0]
    if not lit.size:
        return np.zeros(brightest.shape, dtype=bool)
    threshold = RELATIVE_THRESHOLD * float(np.percentile(lit[:: max(1, lit.size // 200_000)], 98))
    if sigma_background is not None:
        noise_limit = NOISE_THRESHOLD * sigma_background
        threshold = max(threshold, min(noise_limit, 5.0 * threshold))
    return _fill_holes(_without_islands(brightest > threshold))


def _without_islands(tissue: BoolArray) -> BoolArray:
    labels, count = ndimage.label(tissue)
    if count <= 1:
        return tissue
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    keep: BoolArray = sizes >= SMALLEST_PART * sizes.max()
    keep[0] = False
    result: BoolArray = keep[labels]
    return result


def _fill_holes(tissue: BoolArray) -> BoolArray:
    """Fill background that does not reach the edge of its slice."""
    labels, count = ndimage.label(~tissue, structure=IN_PLANE)
    if not count:
        return tissue
    reaches_edge = np.zeros(count + 1, dtype=bool)
    for border in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        reaches_edge[np.unique(border)] = True
    reaches_edge[0] = True
    result: BoolArray = tissue | ~reaches_edge[labels]
    return result
