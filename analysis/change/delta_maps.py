"""Where a quantity changed: the difference of two registered maps, its error, and what is real."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.change.map_pair import PLACEMENT_MM, MapPair, Values, carry, slopes_at
from analysis.change.repeatability import NORMAL_95
from analysis.quantities import Quantity
from analysis.volume import Geometry, read_only

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class DeltaMap:
    """The change of one quantity in the liver, on the grid of the follow-up.

    Parameters
    ----------
    quantity
        What changed; all arrays are in its unit.
    geometry
        The grid.
    baseline, follow_up
        (i, j, k) float32, both averaged over a centimetre; the baseline is carried over.
    difference
        (i, j, k) float32, follow-up minus baseline.
    standard_error
        (i, j, k) float32 of the difference: noise and misplacement.
    valid
        (i, j, k) bool: known at both visits; the arrays mean nothing elsewhere.
    real
        (i, j, k) int8: +1 where it rose and -1 where it fell by more than repeated scans do.
    """

    quantity: Quantity
    geometry: Geometry
    baseline: Array
    follow_up: Array
    difference: Array
    standard_error: Array
    valid: npt.NDArray[np.bool_]
    real: npt.NDArray[np.int8]

    def __post_init__(self) -> None:
        for name in ("baseline", "follow_up", "difference", "standard_error"):
            object.__setattr__(self, name, read_only(getattr(self, name), np.float32))
        object.__setattr__(self, "valid", read_only(self.valid, np.bool_))
        object.__setattr__(self, "real", read_only(self.real, np.int8))
        shapes = {self.difference.shape, self.standard_error.shape, self.valid.shape}
        if shapes | {self.real.shape} != {self.geometry.shape}:
            raise ValueError("the arrays of a map of change lie on one grid")

    @property
    def real_percent(self) -> float:
        """Part of the valid voxels that really changed."""
        return 100.0 * float(np.mean(self.real[self.valid] != 0)) if self.valid.any() else 0.0


def delta_map(pair: MapPair) -> DeltaMap:
    """Subtract the baseline's map, carried over, from the follow-up's.

    A voxel really changed when |difference| > √(RC² + (1.96 SE)² + (1.96 s)²), with
    SE² = SE_f² + SE_b² + |∇baseline|² p², p = 2.5 mm of misplacement along each axis.

    Parameters
    ----------
    pair
        The quantity at both visits.

    References
    ----------
    Smoothed difference maps of registered PDFF: Hasenstab 2021, doi:10.1007/s00330-020-07649-0.
    """
    before, known = carry(pair.earlier.values, pair.earlier.valid, pair.index)
    after = pair.later.values[pair.liver].astype(np.float64)
    known &= pair.later.valid[pair.liver]
    difference = after - before
    variance = _variance(pair)
    published = pair.repeatability.limits((after + before) / 2)
    limit = np.sqrt(published**2 + NORMAL_95**2 * (variance + pair.shared_error**2))
    beyond = known & (np.abs(difference) > limit)
    return DeltaMap(
        quantity=pair.quantity,
        geometry=pair.follow_up.geometry,
        baseline=_spread(before, known, pair),
        follow_up=_spread(after, known, pair),
        difference=_spread(difference, known, pair),
        standard_error=_spread(np.sqrt(variance), known, pair),
        valid=_spread(np.ones(known.size), known, pair) > 0,
        real=_spread(np.sign(difference), beyond, pair).astype(np.int8),
    )


def _variance(pair: MapPair) -> Values:
    """Return noise of both visits and misplacement; interpolated errors are never too small."""
    result: Values = np.square(slopes_at(pair)).sum(axis=0) * PLACEMENT_MM**2
    if pair.earlier.standard_error is not None:
        errors, _ = carry(pair.earlier.standard_error, pair.earlier.valid, pair.index)
        result += np.square(errors)
    if pair.later.standard_error is not None:
        result += np.square(pair.later.standard_error[pair.liver].astype(np.float64))
    return result


def _spread(values: Values, chosen: npt.NDArray[np.bool_], pair: MapPair) -> Array:
    result = np.zeros(pair.liver.shape, dtype=np.float32)
    result[pair.liver] = np.where(chosen, values, 0.0)
    return result
