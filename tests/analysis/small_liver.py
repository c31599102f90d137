"""A liver of eight blocks with known values, small enough to check by hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.findings import Finding
from analysis.iron import find_calibration, iron_map
from analysis.measurement import MapSet
from analysis.quantification import quantify
from analysis.quantities import MR_SIGNAL, PDFF, R2STAR, Quantity
from analysis.report import LiverReport, build_report
from analysis.segmentation import ModelUse, Segmentation
from analysis.study import (
    Acquisition,
    Role,
    SelectedSeries,
    SeriesChoice,
    SourceSeries,
    StudyDescription,
)
from analysis.volume import Geometry, LabelMap, QuantityMap, Volume

# 15 mm cubes, origin away from zero: 3.375 ml a voxel, 810 ml of liver.
AFFINE = np.array([[15.0, 0, 0, -80.0], [0, 15.0, 0, -60.0], [0, 0, 15.0, 20.0], [0, 0, 0, 1.0]])
GRID = Geometry((12, 10, 9), AFFINE)
VOXELS_A_SEGMENT = 30
VOXEL_ML = 3.375


def label_array() -> npt.NDArray[np.uint8]:
    """Segment n fills the plane i = n + 1: 6 by 5 voxels, two voxels of background around."""
    labels = np.zeros(GRID.shape, np.uint8)
    for label in range(1, 9):
        labels[label + 1, 2:8, 2:7] = label
    return labels


LABELS = LabelMap(label_array(), GRID)


def make_map(
    values: npt.ArrayLike,
    quantity: Quantity = PDFF,
    *,
    error: float | None = 0.5,
    valid: npt.NDArray[np.bool_] | None = None,
    geometry: Geometry = GRID,
    method: str = "planted",
) -> QuantityMap:
    """A map that holds ``values`` (broadcast over the grid)."""
    array = np.broadcast_to(np.asarray(values, np.float32), geometry.shape)
    return QuantityMap(
        Volume(array, geometry, quantity),
        np.ones(geometry.shape, bool) if valid is None else valid,
        None if error is None else np.full(geometry.shape, error, np.float32),
        method,
    )


def by_segment(per_segment: dict[int, float] | list[float]) -> npt.NDArray[np.float32]:
    """Values that are constant in each segment, 0 outside."""
    table = np.zeros(9, np.float32)
    items = per_segment.items() if isinstance(per_segment, dict) else enumerate(per_segment, 1)
    for label, value in items:
        table[label] = value
    return table[LABELS.array]


def make_maps(*maps: QuantityMap, findings: tuple[Finding, ...] = ()) -> MapSet:
    return MapSet(maps, "planted", (("Echoes", "6 from 1.2 to 6.2 ms"),), findings)


def default_maps() -> MapSet:
    """PDFF 1 to 8 % over segments I to VIII; R2* 50 1/s and its iron at 3 T."""
    r2star = make_map(50.0, R2STAR, error=4.0)
    iron = iron_map(r2star, find_calibration(3.0))
    return make_maps(make_map(by_segment([1, 2, 3, 4, 5, 6, 7, 8])), r2star, iron)


def make_segmentation(labels: LabelMap = LABELS, *findings: Finding) -> Segmentation:
    model = ModelUse("liver", "1.0", "ab" * 32, "onnxruntime 1.31.1", "CPU")
    return Segmentation(labels, 0.93, None, (model,), findings)


SOURCE = SourceSeries(
    "2.25.70",
    "2.25.80",
    "1.2.840.10008.5.1.4.1.1.4",
    tuple(f"2.25.90{k}" for k in range(GRID.shape[2])),
)


def make_selected(
    *findings: Finding, geometry: Geometry = GRID, source: SourceSeries | None = SOURCE
) -> SelectedSeries:
    i, j, k = np.indices(geometry.shape)
    anatomy = (100 + 10 * i + 5 * j + k).astype(np.float32)
    return SelectedSeries(
        description=StudyDescription("1.2.3", "P-0001", "2026-01-02", "MR <liver> & more"),
        acquisition=Acquisition(
            manufacturer="SIEMENS", model="Vida", field_strength_t=3.0, flip_angle_deg=3.0
        ),
        echoes=None,
        vendor_maps=(),
        anatomical_image=Volume(anatomy, geometry, MR_SIGNAL),
        choices=(
            SeriesChoice("1.2.3.4", 7, "vibe_q-dixon", Role.MULTI_ECHO, True, "six echoes"),
            SeriesChoice("1.2.3.5", 1, "localizer", Role.OTHER, False, "a localizer"),
        ),
        findings=findings,
        source=source,
    )


def make_report(maps: MapSet | None = None, *findings: Finding) -> LiverReport:
    """The report of the small liver; ``findings`` are those of the selection."""
    maps = default_maps() if maps is None else maps
    return build_report(
        make_selected(*findings),
        make_segmentation(),
        maps,
        quantify(maps, LABELS),
        software=(("lobule", "0.1.0"),),
    )
