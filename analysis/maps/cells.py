"""Coarse cells over the body: where evidence about slowly varying quantities is gathered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]
BoolMap = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A grid of cells of ``size`` voxels, and the cell of each voxel of the body.

    Parameters
    ----------
    shape
        Number of cells along i, j, k.
    size
        Voxels of one cell along i, j, k.
    voxel_cell
        (voxel,) flat index of the cell of each voxel of the body.
    positions
        (3, voxel) position of each voxel in units of cells, cell centres at whole numbers.
    """

    shape: tuple[int, int, int]
    size: tuple[int, int, int]
    voxel_cell: Int64
    positions: Float32

    @classmethod
    def over(cls, body: BoolMap, size: tuple[int, int, int]) -> Cells:
        """Return the cells of ``size`` voxels over an (i, j, k) bool mask."""
        shape = tuple(-(-count // edge) for count, edge in zip(body.shape, size, strict=True))
        index = np.nonzero(body)
        cell = tuple(i // edge for i, edge in zip(index, size, strict=True))
        positions = np.stack(
            [(i + 0.5) / edge - 0.5 for i, edge in zip(index, size, strict=True)]
        ).astype(np.float32)
        flat = np.ravel_multi_index(cell, shape)
        return cls((shape[0], shape[1], shape[2]), size, flat, positions)

    def total(self, values: npt.NDArray[np.floating]) -> Float32:
        """Return the sum of (voxel,) values over each cell, on the grid of cells."""
        count = int(np.prod(self.shape))
        sums = np.bincount(self.voxel_cell, weights=values, minlength=count)
        result: Float32 = sums.astype(np.float32).reshape(self.shape)
        return result

    def smoothed(
        self, values: npt.NDArray[np.floating], window: tuple[float, float, float]
    ) -> Float32:
        """Return the cell sums under a Gaussian window of standard deviations in cells."""
        result: Float32 = ndimage.gaussian_filter(
            self.total(values), window, mode="constant", truncate=3.0
        )
        return result

    def at_voxels(self, grid: Float32) -> Float32:
        """Return a grid of cells interpolated linearly at the voxels, (voxel,) float32."""
        result: Float32 = ndimage.map_coordinates(
            grid, self.positions, order=1, mode="nearest", output=np.float32
        )
        return result
