"""Turn the axes of an image to those that a foreign network expects, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from nibabel.orientations import io_orientation

from analysis.volume import Geometry
from inference.recipes import Orientation

SPACING_DECIMALS = 5  # finer differences are rounding of the affine
Array = npt.NDArray[np.float32]
Spacing = tuple[float, float, float]
Size = tuple[int, int, int]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the axes of an image become the network's: an order, then flips.

    Parameters
    ----------
    order
        Network axis to image axis.
    flipped
        Network axes that run the other way.
    """

    order: Size
    flipped: tuple[int, ...]

    def to_network(self, array: npt.NDArray[T]) -> npt.NDArray[T]:
        """Return a view of an (i, j, k) array along the network's axes."""
        return np.flip(array.transpose(self.order), self.flipped)

    def to_image(self, array: npt.NDArray[T]) -> npt.NDArray[T]:
        """Return a view of a network array along (i, j, k)."""
        return np.flip(array, self.flipped).transpose(np.argsort(self.order))

    def spacing(self, geometry: Geometry) -> Spacing:
        """Return the distance between voxel centres along the network's axes, mm."""
        first, second, third = (
            round(geometry.spacing_mm[axis], SPACING_DECIMALS) for axis in self.order
        )
        return first, second, third


def layout_of(geometry: Geometry, orientation: Orientation, axes: Size) -> Layout:
    """Return how an image on this grid is turned for a network.

    Parameters
    ----------
    geometry
        Grid of the image.
    orientation
        STORED, or RAS: first turned so that (i, j, k) grow to right, anterior, superior.
    axes
        Network axis to axis (i, j, k).
    """
    if orientation is Orientation.STORED:
        return Layout(axes, ())
    # of each image axis: patient axis and sense; nibabel ships no types
    towards: Array = io_orientation(geometry.affine)  # type: ignore[no-untyped-call]
    sources = {int(patient): axis for axis, (patient, _) in enumerate(towards)}
    first, second, third = (sources[patient] for patient in axes)
    order = (first, second, third)
    flipped = tuple(n for n, axis in enumerate(order) if towards[axis][1] < 0)
    return Layout(order, flipped)


def combined(values: Array, matrix: Array, axis: int) -> Array:
    """Return each new sample along one axis as the weighted sum of the old ones there.

    Parameters
    ----------
    values
        Three axes.
    matrix
        (new, old) weights.
    axis
        Along which.
    """
    return np.moveaxis(np.tensordot(matrix, values, axes=(1, axis)), 0, axis)
