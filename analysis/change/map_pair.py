"""One quantity at two visits, with the place of this visit's liver in the earlier images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.change.displacement import sample
from analysis.change.repeatability import Repeatability
from analysis.change.smoothing import SmoothMap
from analysis.quantities import Quantity
from analysis.segment_four import Parts
from analysis.volume import LabelMap, QuantityMap

# Misplacement that is left after registration, a standard deviation along each axis. On simulated
# visits (tests/benchmarks/change.py) the mean error is 3.5 to 3.8 mm in space and the root mean
# square 4.0 to 4.4 mm, which is 2.5 mm an axis.
PLACEMENT_MM = 2.5
WHOLE = 0.5
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MapPair:
    """The maps of one quantity at two visits, each on the grid of its labels.

    Parameters
    ----------
    baseline, follow_up
        The maps.
    baseline_labels, follow_up_labels
        Segments of both visits.
    index
        (3, n) float64: index coordinates in the baseline of the n voxels of the follow-up's liver.
    earlier, later
        Both maps averaged over a centimetre.
    repeatability
        Published limit of the quantity.
    shared_error
        Standard error of an offset of all voxels, as between two iron calibrations.
    parts
        (i, j, k) IVa and IVb of the follow-up (``analysis.segment_four``); None where one of the
        visits has none.
    """

    baseline: QuantityMap
    baseline_labels: LabelMap
    follow_up: QuantityMap
    follow_up_labels: LabelMap
    index: Values
    earlier: SmoothMap
    later: SmoothMap
    repeatability: Repeatability
    shared_error: float = 0.0
    parts: Parts | None = None

    @property
    def quantity(self) -> Quantity:
        """What is compared."""
        return self.follow_up.quantity

    @property
    def liver(self) -> npt.NDArray[np.bool_]:
        """(i, j, k) bool: the follow-up's liver, whose n voxels ``index`` places."""
        return self.follow_up_labels.liver


def carry(
    array: npt.NDArray[np.float32], valid: npt.NDArray[np.bool_], index: Values
) -> tuple[Values, npt.NDArray[np.bool_]]:
    """Interpolate linearly between valid voxels only.

    Parameters
    ----------
    array, valid
        (i, j, k).
    index
        (3, n) index coordinates.

    Returns
    -------
    (n,) values, and whether at least half of the weight lay on valid voxels.
    """
    weight = sample(valid.astype(np.float32), index, outside=0.0)
    total = sample(np.where(valid, array, np.float32(0)), index, outside=0.0)
    values: Values = total.astype(np.float64) / np.maximum(weight, 1e-3)
    return values, weight > WHOLE


def slopes_at(pair: MapPair) -> Values:
    """Return the baseline's gradient at the places of the follow-up's liver, (3, n) unit a mm.

    Of the averaged map; steps across the liver's border do not count.
    """
    values, valid = pair.earlier.values, pair.earlier.valid
    slopes = []
    for axis, spacing in enumerate(pair.baseline.geometry.spacing_mm):
        if values.shape[axis] < 2:
            slopes.append(np.zeros(pair.index.shape[1]))
            continue
        step = np.diff(values, axis=axis) / np.float32(spacing)
        both = np.delete(valid, 0, axis=axis) & np.delete(valid, -1, axis=axis)
        shifted = pair.index.copy()
        shifted[axis] -= 0.5  # the step at n lies half a voxel after voxel n
        slopes.append(sample(np.where(both, step, np.float32(0)), shifted))
    return np.stack(slopes).astype(np.float64)
