"""A body on the acquired grid: which tissue each voxel is, and which segment of the liver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.simulation.tissues import BY_NAME, LIVER_SEGMENT_VALUES
from analysis.volume import Geometry, LabelMap, read_only

HEPATIC_VESSEL = BY_NAME["hepatic_vessel"].value
AIR_FILLED = tuple(BY_NAME[name].value for name in ("background", "lung", "bowel_gas"))


@dataclass(frozen=True, slots=True, eq=False)
class Anatomy:
    """Tissues of a body on one grid.

    Parameters
    ----------
    tissues
        (i, j, k) uint8 values of the tissue table; vessels inside the liver are hepatic vessels.
    segments
        Couinaud segments; vessels inside the liver belong to the segment they run through.

    Raises
    ------
    GeometryMismatch
        If the arrays differ in shape.
    """

    tissues: npt.NDArray[np.uint8]
    segments: LabelMap

    def __post_init__(self) -> None:
        object.__setattr__(self, "tissues", read_only(self.tissues, np.uint8))
        Geometry(self.tissues.shape, self.segments.geometry.affine).require_match(
            self.segments.geometry
        )

    @property
    def geometry(self) -> Geometry:
        """The grid."""
        return self.segments.geometry

    @property
    def liver(self) -> npt.NDArray[np.bool_]:
        """(i, j, k) bool: liver with its vessels."""
        return self.segments.liver

    @property
    def vessels(self) -> npt.NDArray[np.bool_]:
        """(i, j, k) bool: hepatic vessels inside the liver."""
        is_vessel: npt.NDArray[np.bool_] = self.tissues == HEPATIC_VESSEL
        return self.liver & is_vessel

    @property
    def body(self) -> npt.NDArray[np.bool_]:
        """(i, j, k) bool: everything but the air around the body."""
        result: npt.NDArray[np.bool_] = self.tissues != BY_NAME["background"].value
        return result


def liver_segments(tissues: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the segment of each voxel, 1-8, and 0 outside the liver.

    Parameters
    ----------
    tissues
        Values of the tissue table, any shape.
    """
    is_segment = (tissues >= LIVER_SEGMENT_VALUES[0]) & (tissues <= LIVER_SEGMENT_VALUES[-1])
    return np.where(is_segment, tissues, 0).astype(np.uint8)
