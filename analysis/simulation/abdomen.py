"""Bodies to scan: the shipped mean abdomen bent by random amounts of its modes of shape.

``abdomen.npz`` and its card ``abdomen.json`` are computed by ``inference.training.shape_model``.
A point x of the subject shows the tissue of the mean abdomen at x + u(x), where u is the sum over
modes of coefficient times mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.simulation.anatomy import Anatomy, liver_segments
from analysis.simulation.placement import grid_geometry
from analysis.simulation.spec import PhantomSpec
from analysis.simulation.vessels import with_vessels
from analysis.volume import Geometry, LabelMap, read_only

MODEL_FILE = Path(__file__).with_name("abdomen.npz")
LARGEST_COEFFICIENT = 2.0
_EDGE_SIGMA_VOXELS = 0.6
_SCOUT_SPACING_MM = 6.0
_MARGIN_VOXELS = 3


@dataclass(frozen=True, slots=True, eq=False)
class AbdomenModel:
    """The mean abdomen and its modes of shape.

    Parameters
    ----------
    labels
        (i, j, k) uint8 values of the tissue table.
    geometry
        Grid of the labels.
    modes_mm
        (mode, 3, i, j, k) float32 displacement along R, A, S in mm for one standard deviation.
    control
        Grid of the modes.
    """

    labels: npt.NDArray[np.uint8]
    geometry: Geometry
    modes_mm: npt.NDArray[np.float32]
    control: Geometry

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", read_only(self.labels, np.uint8))
        object.__setattr__(self, "modes_mm", read_only(self.modes_mm, np.float32))


@cache
def load_abdomen(path: Path = MODEL_FILE) -> AbdomenModel:
    """Return the abdomen of a file.

    Parameters
    ----------
    path
        NumPy archive with ``labels``, ``affine``, ``modes``, ``mode_scale``, ``control_affine``.
    """
    with np.load(path, allow_pickle=False) as archive:
        labels, modes = archive["labels"], archive["modes"]
        scale = archive["mode_scale"].reshape(-1, 1, 1, 1, 1)
        return AbdomenModel(
            labels,
            Geometry(labels.shape, archive["affine"]),
            modes.astype(np.float32) * scale.astype(np.float32),
            Geometry(modes.shape[2:], archive["control_affine"]),
        )


def sample_abdomen(spec: PhantomSpec, model: AbdomenModel | None = None) -> Anatomy:
    """Return a random body on the grid of an acquisition, with hepatic vessels.

    Parameters
    ----------
    spec
        Seed, grid and scale of the shape variation.
    model
        The abdomen to vary; the shipped one by default.
    """
    chosen = model or load_abdomen()
    rng = np.random.default_rng([spec.seed, 1])
    drawn = rng.standard_normal(len(chosen.modes_mm)) * spec.shape_variation
    coefficients = np.clip(drawn, -LARGEST_COEFFICIENT, LARGEST_COEFFICIENT)
    displacement = np.tensordot(coefficients.astype(np.float32), chosen.modes_mm, axes=1)
    geometry = grid_geometry(spec.grid, _block_centre_mm(chosen, displacement))
    index = _template_index(chosen, displacement, geometry)
    tissues = _smooth_labels(chosen.labels, index).reshape(geometry.shape)
    anatomy = Anatomy(tissues, LabelMap(liver_segments(tissues), geometry))
    return with_vessels(anatomy, rng)


def _block_centre_mm(
    model: AbdomenModel, displacement: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Return the middle of the body from side to side and of the liver from head to feet."""
    extent = np.asarray(model.geometry.spacing_mm) * model.geometry.shape
    sizes = np.ceil(extent / _SCOUT_SPACING_MM).astype(int)
    affine = np.diag([_SCOUT_SPACING_MM] * 3 + [1.0])
    affine[:3, 3] = model.geometry.affine[:3, 3]
    scout = Geometry((int(sizes[0]), int(sizes[1]), int(sizes[2])), affine)
    index = _template_index(model, displacement, scout)
    labels = ndimage.map_coordinates(model.labels, index, order=0, mode="nearest")
    labels = labels.reshape(scout.shape)
    body, liver = np.argwhere(labels > 0), np.argwhere(liver_segments(labels) > 0)
    middle = (body.min(axis=0) + body.max(axis=0)) / 2
    if len(liver):
        middle[2] = (liver[:, 2].min() + liver[:, 2].max()) / 2
    centre: npt.NDArray[np.float64] = affine[:3, :3] @ middle + affine[:3, 3]
    return centre


def _template_index(
    model: AbdomenModel, displacement: npt.NDArray[np.float32], geometry: Geometry
) -> npt.NDArray[np.float32]:
    """Return where in the mean abdomen each voxel of a grid lies, (3, voxel) index coordinates."""
    axes = [np.arange(size, dtype=np.float32) for size in geometry.shape]
    voxels = np.stack(np.meshgrid(*axes, indexing="ij")).reshape(3, -1)
    to_control = np.linalg.inv(model.control.affine) @ geometry.affine
    to_labels = np.linalg.inv(model.geometry.affine) @ geometry.affine
    place = _transform(to_control, voxels)
    index = _transform(to_labels, voxels)
    per_mm = np.linalg.inv(model.geometry.affine)[:3, :3].astype(np.float32)
    shift = np.stack(
        [ndimage.map_coordinates(part, place, order=1, mode="nearest") for part in displacement]
    )
    index += per_mm @ shift
    # Above and below the mean abdomen its last slice goes on; beside it is air.
    index[2] = np.clip(index[2], 0, model.labels.shape[2] - 1)
    return index


def _transform(
    affine: npt.NDArray[np.float64], voxels: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    matrix = affine.astype(np.float32)
    result: npt.NDArray[np.float32] = matrix[:3, :3] @ voxels + matrix[:3, 3:]
    return result


def _smooth_labels(
    labels: npt.NDArray[np.uint8], index: npt.NDArray[np.float32]
) -> npt.NDArray[np.uint8]:
    """Return the label with the largest smoothed share at each point, so that edges are smooth."""
    count = index.shape[1]
    best, total = np.zeros(count, np.float32), np.zeros(count, np.float32)
    result = np.zeros(count, np.uint8)
    for value in (int(value) for value in np.unique(labels) if value > 0):
        points, share = _share_of(labels, value, index)
        total[points] += share
        better = share > best[points]
        winners = points[better]
        result[winners], best[winners] = value, share[better]
    result[1 - total > best] = 0
    return result


def _share_of(
    labels: npt.NDArray[np.uint8],
    value: int,
    index: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Return the points near a label and the label's smoothed share at each."""
    where = np.argwhere(labels == value)
    low = np.maximum(where.min(axis=0) - _MARGIN_VOXELS, 0)
    high = np.minimum(where.max(axis=0) + 1 + _MARGIN_VOXELS, labels.shape)
    region = labels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    share = ndimage.gaussian_filter(
        (region == value).astype(np.float32), _EDGE_SIGMA_VOXELS, mode="nearest"
    )
    near = np.ones(index.shape[1], dtype=bool)
    for axis in range(3):
        near &= (index[axis] >= low[axis] - 0.5) & (index[axis] <= high[axis] - 0.5)
    points = np.flatnonzero(near)
    place = index[:, points] - low[:, None].astype(np.float32)
    return points, ndimage.map_coordinates(share, place, order=1, mode="nearest")
