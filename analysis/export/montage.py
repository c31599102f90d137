"""Pictures of a map over anatomy for the page: axial slices in radiological convention."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patheffects import withStroke

from analysis.export.colour_range import colour_range, scale_of
from analysis.quantities import Quantity
from analysis.volume import Geometry, LabelMap, QuantityMap, Volume

_orientations: Any = nib.orientations  # nibabel carries no annotations
SLICES = 5
MARGIN_MM = 25.0
_INK = "#e8e8e8"
_PAPER = "#101418"
_WIDTH_IN = 11.0
_DPI = 110


@dataclass(frozen=True, slots=True, eq=False)
class AxialStack:
    """Anatomy, map and labels with axes turned to right, anterior, superior, cropped to the liver.

    Parameters
    ----------
    anatomy, values, labels
        (x, y, z), x towards the patient's right; ``values`` is masked outside the valid liver.
    spacing_mm
        Along x, y, z.
    heights_mm
        (z,) height of each slice in patient space, superior positive.
    """

    anatomy: npt.NDArray[np.float32]
    values: np.ma.MaskedArray[Any, np.dtype[np.float32]]
    labels: npt.NDArray[np.uint8]
    spacing_mm: tuple[float, float, float]
    heights_mm: npt.NDArray[np.float64]


def axial_stack(anatomy: Volume, quantity_map: QuantityMap, labels: LabelMap) -> AxialStack:
    """Return the images turned to the nearest axial slices; no voxel is interpolated."""
    geometry = labels.geometry
    turned = _orientations.io_orientation(geometry.affine)
    used = quantity_map.valid & labels.liver & np.isfinite(quantity_map.volume.array)
    arrays = [
        _orientations.apply_orientation(array, turned)
        for array in (anatomy.array, quantity_map.volume.array, labels.array, used)
    ]
    affine = geometry.affine @ _orientations.inv_ornt_aff(turned, geometry.shape)
    shape = arrays[0].shape
    grid = Geometry((shape[0], shape[1], shape[2]), affine)
    box = _crop(arrays[2] > 0, grid.spacing_mm)
    image, values, segments, inside = (array[box] for array in arrays)
    heights = affine[2, 3] + affine[2, 2] * np.arange(shape[2])[box[2]]
    masked = np.ma.MaskedArray(values, mask=~inside)
    return AxialStack(image, masked, segments, grid.spacing_mm, heights)


def _crop(
    liver: npt.NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> tuple[slice, slice, slice]:
    found = []
    for axis, others in enumerate(((1, 2), (0, 2), (0, 1))):
        span = np.flatnonzero(liver.any(axis=others))
        margin = 0 if axis == 2 else round(MARGIN_MM / spacing_mm[axis])
        found.append(slice(max(0, int(span[0]) - margin), int(span[-1]) + 1 + margin))
    return found[0], found[1], found[2]


def draw_montage(anatomy: Volume, quantity_map: QuantityMap, labels: LabelMap) -> bytes:
    """Return a PNG of five axial slices with the map in the liver and the segments outlined.

    The patient's right is on the left of the picture, and marked so. The same input gives the same
    bytes.

    Parameters
    ----------
    anatomy
        Shown in grey.
    quantity_map
        Shown in colour, where it is valid inside the liver.
    labels
        Outlined.
    """
    stack = axial_stack(anatomy, quantity_map, labels)
    count = stack.labels.shape[2]
    shown = np.unique(np.linspace(0, count - 1, SLICES + 2)[1:-1].round().astype(int))
    quantity = quantity_map.quantity
    inside = stack.values.compressed()
    low, high = colour_range(quantity, float(np.percentile(inside, 95)) if inside.size else None)
    paint = {"cmap": scale_of(quantity), "vmin": low, "vmax": high}
    figure = Figure(figsize=(_WIDTH_IN, _height_in(stack, shown.size)), dpi=_DPI, facecolor=_PAPER)
    canvas: Any = FigureCanvasAgg(figure)  # print_png is not annotated
    axes = figure.subplots(1, shown.size, squeeze=False)[0]
    grey = np.percentile(stack.anatomy, (1, 99.5))
    image = None
    for axis, z in zip(axes, shown, strict=True):
        image = _draw_slice(axis, stack, int(z), paint, (float(grey[0]), float(grey[1])))
    figure.subplots_adjust(left=0.005, right=0.92, bottom=0.02, top=0.9, wspace=0.02)
    if image is not None:
        _draw_bar(figure, image, quantity)
    stream = io.BytesIO()
    canvas.print_png(stream, metadata={"Software": None})
    return stream.getvalue()


def _height_in(stack: AxialStack, count: int) -> float:
    width_mm = stack.labels.shape[0] * stack.spacing_mm[0] * count
    height_mm = stack.labels.shape[1] * stack.spacing_mm[1]
    return float(_WIDTH_IN * 0.92 * height_mm / width_mm / 0.88)


def _plane(array: npt.NDArray[Any], z: int) -> npt.NDArray[Any]:
    """Return a slice as a picture: x grows to the patient's right, which belongs on the left."""
    picture: npt.NDArray[Any] = array[::-1, :, z].T
    return picture


def _draw_slice(
    axes: Axes,
    stack: AxialStack,
    z: int,
    paint: dict[str, Any],
    grey: tuple[float, float],
) -> AxesImage:
    aspect = stack.spacing_mm[1] / stack.spacing_mm[0]
    anatomy, values = _plane(stack.anatomy, z), _plane(stack.values, z)
    place: dict[str, Any] = {"origin": "lower", "aspect": aspect}
    axes.imshow(anatomy, cmap="gray", vmin=grey[0], vmax=grey[1], **place)
    image = axes.imshow(values, interpolation="nearest", **paint, **place)
    segments = _plane(stack.labels, z)
    for label in np.unique(segments[segments > 0]):
        axes.contour(segments == label, levels=[0.5], colors="white", linewidths=0.6)
    axes.set_axis_off()
    axes.set_title(f"{stack.heights_mm[z]:+.0f} mm", color=_INK, fontsize=9, y=1.0, pad=3)
    _mark_side(axes, "R", 0.03, "left")
    _mark_side(axes, "L", 0.97, "right")
    return image


def _mark_side(axes: Axes, mark: str, place: float, alignment: str) -> None:
    axes.text(
        place,
        0.5,
        mark,
        transform=axes.transAxes,
        color="white",
        fontsize=11,
        fontweight="bold",
        horizontalalignment=alignment,
        verticalalignment="center",
        path_effects=[withStroke(linewidth=2.5, foreground="black")],
    )


def _draw_bar(figure: Figure, image: AxesImage, quantity: Quantity) -> None:
    bar = figure.colorbar(image, cax=figure.add_axes((0.93, 0.06, 0.012, 0.74)), extend="max")
    bar.ax.tick_params(colors=_INK, labelsize=8)
    bar.outline.set_edgecolor(_INK)
    label = f"{quantity.key} ({quantity.unit})"
    figure.text(0.995, 0.985, label, color=_INK, fontsize=9, ha="right", va="top")
