"""Where a structure is cut by the border of the images."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.volume import Geometry

# A contact smaller than this with the border of the image is the curved edge, not a cut.
SMALLEST_CUT_MM2 = 100.0


def cut_faces(mask: npt.NDArray[np.bool_], geometry: Geometry) -> dict[tuple[int, int], float]:
    """Return the faces of the images at which a structure is cut, with the area of the cut in mm2.

    Parameters
    ----------
    mask
        (i, j, k) bool on the grid of ``geometry``.

    Returns
    -------
    By (axis, end), the end being 0 or -1; contacts below ``SMALLEST_CUT_MM2`` are no cut.
    """
    areas_mm2 = {
        (axis, end): np.count_nonzero(np.take(mask, end, axis)) * _face_mm2(geometry, axis)
        for axis in range(3)
        for end in (0, -1)
    }
    return {face: area for face, area in areas_mm2.items() if area >= SMALLEST_CUT_MM2}


def _face_mm2(geometry: Geometry, axis: int) -> float:
    return float(np.prod([size for n, size in enumerate(geometry.spacing_mm) if n != axis]))
