"""How well two label maps of the same image agree, and how sure a median of cases is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.simulation.tissues import LIVER_SEGMENT_VALUES

Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Agreement of one case.

    Parameters
    ----------
    case
        What was measured.
    liver_dice
        Dice of the whole liver, 0 to 1.
    false_discovery
        Share of the found liver that is not liver.
    segment_dice
        Mean Dice of the segments that the truth holds, or None where it holds none.
    confidence
        What the model promised, 0 to 1, or None where it was not asked.
    agreement
        Least Dice between looks that disagreed, or None.
    """

    case: str
    liver_dice: float
    false_discovery: float
    segment_dice: float | None
    confidence: float | None = None
    agreement: float | None = None


def dice(found: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    """Return 2 |A and B| / (|A| + |B|); 1 where both are empty."""
    total = int(np.count_nonzero(found)) + int(np.count_nonzero(truth))
    return 2 * int(np.count_nonzero(found & truth)) / total if total else 1.0


def compare(case: str, found: Labels, truth: Labels, *, segments: bool) -> Overlap:
    """Compare found segments (0-8) with the truth on the same grid.

    Parameters
    ----------
    case
        Name of the case.
    found, truth
        (i, j, k) labels; the truth may hold the whole liver as one value.
    segments
        Whether the truth holds segments.
    """
    present = [value for value in LIVER_SEGMENT_VALUES if segments and (truth == value).any()]
    each = [dice(found == value, truth == value) for value in present]
    size = int(np.count_nonzero(found))
    wrong = int(np.count_nonzero(found[truth == 0])) / max(size, 1)
    mean = float(np.mean(each)) if each else None
    return Overlap(case, dice(found > 0, truth > 0), wrong, mean)


def median_interval(values: Sequence[float], seed: int = 1) -> tuple[float, float, float]:
    """Return the median and its 95 % bootstrap interval.

    Examples
    --------
    >>> median_interval([0.9, 0.9, 0.9])
    (0.9, 0.9, 0.9)
    """
    array = np.asarray(values, dtype=np.float64)
    draws = np.random.default_rng(seed).choice(array, (2000, array.size))
    low, high = np.percentile(np.median(draws, axis=1), [2.5, 97.5])
    return float(np.median(array)), float(low), float(high)
