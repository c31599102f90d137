"""Read simulated files back with pydicom alone, by the equations of the standard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from analysis.simulation.dicom.writer import DicomOptions, write_dicom
from analysis.simulation.simulated_study import SimulatedStudy

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])


def echo_images(study, folder: Path, vendor: str, **choices) -> Iterator[Dataset]:
    options = DicomOptions(vendor, has_localizer=False, **choices)
    for path in write_dicom(study, folder, options=options):
        yield pydicom.dcmread(path)


def ras_of_pixel(dataset: Dataset, column: int, row: int) -> np.ndarray:
    """DICOM PS3.3 equation C.7.6.2.1-1, then LPS to RAS."""
    orientation = np.array(dataset.ImageOrientationPatient, dtype=float)
    row_mm, column_mm = (float(value) for value in dataset.PixelSpacing)
    along = orientation[:3] * column_mm * column + orientation[3:] * row_mm * row
    return LPS_TO_RAS @ (np.array(dataset.ImagePositionPatient, dtype=float) + along)


def slice_of(dataset: Dataset, study) -> int:
    first = LPS_TO_RAS @ np.array(dataset.ImagePositionPatient, dtype=float)
    index = np.linalg.inv(study.echoes.geometry.affine) @ [*first, 1.0]
    assert index[:2] == pytest.approx([0, 0], abs=1e-4)
    assert index[2] == pytest.approx(round(index[2]), abs=1e-4)
    return round(index[2])


def echo_of(dataset: Dataset, study) -> int:
    return study.spec.protocol.echo_times_ms.index(float(dataset.EchoTime))


def rescaled(dataset: Dataset) -> np.ndarray:
    slope, intercept = dataset.get("RescaleSlope", 1), dataset.get("RescaleIntercept", 0)
    return dataset.pixel_array.astype(float) * float(slope) + float(intercept)


def echo_slice(echoes: np.ndarray, dataset: Dataset, study: SimulatedStudy) -> np.ndarray:
    """Return the simulated image that a file shows."""
    return echoes[echo_of(dataset, study), :, :, slice_of(dataset, study)]
