"""Refuse images that hold no anatomy at all, before a network is asked where their liver is.

A network answers on anything. Two kinds of image that sites do send by mistake are told apart
without it: a uniform object (a test bottle) and noise (a coil that was not connected).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.errors import EmptySegmentation
from analysis.volume import Volume
from analysis.wording import words

SIGNAL_SHARE_OF_BRIGHTEST = 0.1
LEAST_SPREAD = 0.15
LEAST_NEIGHBOUR_CORRELATION = 0.2
Array = npt.NDArray[np.float32]


def relative_spread(values: npt.NDArray[np.float32]) -> float:
    """Return the 10th to 90th percentile range over the median of what shows signal.

    Parameters
    ----------
    values
        Any shape, finite; voxels above a tenth of the 99.5th percentile show signal.

    Returns
    -------
    0 for a uniform object; above 0.5 in abdomens, whose tissues differ.
    """
    shown = values[values > SIGNAL_SHARE_OF_BRIGHTEST * np.percentile(values, 99.5)]
    if shown.size == 0:
        return 0.0
    low, middle, high = np.percentile(shown, [10, 50, 90])
    return float((high - low) / middle)


def neighbour_correlation(values: npt.NDArray[np.float32]) -> float:
    """Return the correlation of neighbours along the first two axes: 0 for noise, near 1 in tissue.

    Parameters
    ----------
    values
        (i, j, k) finite, not constant.
    """
    centred = values - values.mean(dtype=np.float64)
    variance = float(np.mean(np.square(centred, dtype=np.float64)))
    first = np.mean(centred[1:] * centred[:-1], dtype=np.float64)
    second = np.mean(centred[:, 1:] * centred[:, :-1], dtype=np.float64)
    return float((first + second) / 2 / variance) if variance > 0 else 0.0


def require_anatomy(volume: Volume) -> None:
    """Raise unless the image shows different tissues.

    Raises
    ------
    EmptySegmentation
        If the image is a uniform object or noise.
    """
    values = np.nan_to_num(volume.array, posinf=0.0, neginf=0.0)
    if relative_spread(values) < LEAST_SPREAD:
        seen = words("a uniform object")
    elif neighbour_correlation(values) < LEAST_NEIGHBOUR_CORRELATION:
        seen = words("only noise")
    else:
        return
    raise EmptySegmentation(
        words(
            "No liver was found: the images show %(seen)s, not an abdomen. Check that the "
            "right series was sent.",
            seen=seen,
        ),
        code="no-liver",
    )
