"""A three-plane localizer: one axial, one coronal and one sagittal image through the middle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.quantities import MR_SIGNAL
from analysis.simulation.dicom.vendor import Image, SeriesPlan
from analysis.study import Component, MultiEcho, Role
from analysis.volume import Geometry, Volume

LOCALIZER_NUMBER = 1


def localizer_series() -> SeriesPlan:
    """Return the plan of the localizer; it shows no echo that is to be fitted."""
    images = tuple(Image(Component.MAGNITUDE, Role.OTHER, 0, 0) for _ in range(3))
    return SeriesPlan(LOCALIZER_NUMBER, "localizer", images, (1, 2, 3))


def localizer_planes(echoes: MultiEcho) -> tuple[Volume, ...]:
    """Return the axial, coronal and sagittal plane through the middle of the first echo.

    Parameters
    ----------
    echoes
        The multi-echo images.

    Returns
    -------
    Three volumes of one slice; columns run along the first axis, rows along the second, and rows of
    the coronal and sagittal plane run from head to feet.
    """
    magnitude = echoes.magnitude[0]
    middle = tuple(size // 2 for size in magnitude.shape)
    top = magnitude.shape[2] - 1
    return (
        _plane(magnitude[:, :, middle[2]], echoes, (0, 1, 2), (0, 0, middle[2])),
        _plane(magnitude[:, middle[1], ::-1], echoes, (0, 2, 1), (0, middle[1], top)),
        _plane(magnitude[middle[0], :, ::-1], echoes, (1, 2, 0), (middle[0], 0, top)),
    )


def _plane(
    image: npt.NDArray[np.float32],
    echoes: MultiEcho,
    axes: tuple[int, int, int],
    start: tuple[int, int, int],
) -> Volume:
    source = echoes.geometry.affine
    affine = np.eye(4)
    for target, axis in enumerate(axes):
        affine[:3, target] = source[:3, axis] * (-1 if axis == 2 and target == 1 else 1)
    affine[:3, 3] = (source @ np.array([*start, 1.0]))[:3]
    geometry = Geometry((*image.shape, 1), affine)
    return Volume(np.ascontiguousarray(image)[:, :, None], geometry, MR_SIGNAL)
