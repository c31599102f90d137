"""How far a result may be trusted: from the model's own promise to an expected Dice.

The promise is the Dice that the probabilities themselves state for the mask, times the share of the
mask that is one piece: a model that is sure of two livers is wrong about one. A monotone curve,
fitted on held-out patients and kept in the model's card, turns the promise into the Dice that such
promises kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A monotone curve from promise to expected Dice, by its corners; none = as promised.

    Parameters
    ----------
    promised, kept
        Corners, rising and not falling, each 0 to 1.
    """

    promised: tuple[float, ...] = ()
    kept: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if len(self.promised) != len(self.kept):
            raise ValueError("the corners of a calibration must be pairs")
        rising = all(b > a for a, b in zip(self.promised, self.promised[1:], strict=False))
        not_falling = all(b >= a for a, b in zip(self.kept, self.kept[1:], strict=False))
        if not rising or not not_falling:
            raise ValueError("a calibration must rise")
        if any(not 0 <= value <= 1 for value in (*self.promised, *self.kept)):
            raise ValueError("a calibration maps 0..1 to 0..1")

    def apply(self, promise: float) -> float:
        """Return the Dice to expect, 0 to 1; beyond the corners, that of the nearest one.

        Examples
        --------
        >>> Calibration((0.5, 0.9), (0.3, 0.8)).apply(0.7)
        0.55
        >>> Calibration().apply(0.7)
        0.7
        """
        if not self.promised:
            return promise
        return round(float(np.interp(promise, self.promised, self.kept)), 4)


UNCALIBRATED = Calibration()


def calibration_of(stated: dict[str, Any] | None) -> Calibration:
    """Return the calibration that a card states under ``confidence``, if any."""
    if stated is None:
        return UNCALIBRATED
    return Calibration(
        tuple(float(value) for value in stated["promised"]),
        tuple(float(value) for value in stated["kept"]),
    )


def expected_dice(liver_probability: Array, mask: Mask) -> float:
    """Return the Dice that the probabilities themselves promise for a mask, 0 to 1.

    2 sum(p m) / (sum(p) + sum(m)); as good as the probabilities are calibrated.
    """
    total = float(liver_probability.sum()) + float(np.count_nonzero(mask))
    return 2.0 * float(liver_probability[mask].sum()) / total if total > 0 else 0.0


def promise(liver_probability: Array, found: Mask, kept: Mask) -> float:
    """Return what the probabilities promise for a mask, 0 to 1.

    Their expected Dice, times the share of the found voxels that are kept.

    Parameters
    ----------
    liver_probability
        (i, j, k) float32.
    found
        Where it exceeds one half.
    kept
        The largest piece of that, the mask.
    """
    all_found = int(np.count_nonzero(found))
    if all_found == 0:
        return 0.0
    return expected_dice(liver_probability, kept) * int(np.count_nonzero(kept)) / all_found


def tempered(expected: float, agreement: float) -> float:
    """Return the Dice to expect where a body was looked at more than once.

    Outlines whose overlap is d cannot all be right. If one of two is and nobody knows which, what
    either keeps is (1 + d) / 2 on average; more than that is not stated.

    Parameters
    ----------
    expected
        By the calibration, 0 to 1.
    agreement
        Least Dice between the livers of any two looks, 0 to 1.

    Examples
    --------
    >>> tempered(0.9, 0.95), tempered(0.9, 0.5)
    (0.9, 0.75)
    """
    return min(expected, round((1 + agreement) / 2, 4))
