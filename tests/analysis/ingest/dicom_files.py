"""Tiny DICOM studies whose every voxel is known, and ways to break them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from analysis.study import IngestedStudy

MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
STUDY_UID = "1.2.826.0.1.3680043.8.498.1"
ECHOES_MS = (1.2, 2.2, 3.2, 4.2)
ROWS, COLUMNS, SLICES = 6, 8, 5
SPACING_MM = (2.0, 3.0)  # between rows, between columns
SLICE_STEP_MM = 4.0
ORIGIN_LPS_MM = (-12.0, 7.0, -30.0)
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)

Edit = Callable[[Dataset], None]


@dataclass(frozen=True)
class Place:
    """Where an image stands in a series: slice, echo number (from 0), component."""

    slice_index: int
    echo: int
    component: str = "M"


@dataclass
class SeriesSpec:
    """A series to write; ``edit`` changes each dataset before it is saved."""

    number: int = 5
    description: str = "vibe_me_tra"
    echoes_ms: tuple[float, ...] = ECHOES_MS
    components: tuple[str, ...] = ("M",)
    slices: tuple[int, ...] = tuple(range(SLICES))
    manufacturer: str = "SIEMENS"
    orientation: tuple[float, ...] = AXIAL
    edit: Edit = lambda _: None
    skip: Callable[[Place], bool] = lambda _: False
    values: Callable[[Place], npt.NDArray[np.uint16]] = field(default_factory=lambda: stored_values)


def stored_values(place: Place) -> npt.NDArray[np.uint16]:
    """Return (rows, columns) values that tell slice, echo, row and column apart."""
    row, column = np.mgrid[:ROWS, :COLUMNS]
    phase = 2000 if place.component == "P" else 0
    return (row * 10 + column + 100 * place.slice_index + 1000 * place.echo + phase).astype(
        np.uint16
    )


def phase_values(place: Place) -> npt.NDArray[np.uint16]:
    """Return magnitude as usual, and phase over the whole range 0-4095 of a Siemens image."""
    if place.component != "P":
        return stored_values(place)
    steps = np.linspace(0, 4095, ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    return np.roll(steps, place.slice_index + place.echo).astype(np.uint16)


def write_series(folder: Path, spec: SeriesSpec | None = None) -> list[Path]:
    """Write a series with meaningless file names in no order, and return the files."""
    spec = spec or SeriesSpec()
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for place in _places(spec):
        if spec.skip(place):
            continue
        dataset = _dataset(spec, place)
        spec.edit(dataset)
        name = f"{spec.number}_{(place.slice_index * 37 + place.echo * 101) % 997:03d}"
        path = folder / f"{name}{place.component}{len(written)}"
        dataset.save_as(path, enforce_file_format=True)
        written.append(path)
    return written


def _places(spec: SeriesSpec) -> Iterable[Place]:
    for component in spec.components:
        for echo in range(len(spec.echoes_ms)):
            for slice_index in spec.slices:
                yield Place(slice_index, echo, component)


def _dataset(spec: SeriesSpec, place: Place) -> Dataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MR_IMAGE
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = Dataset()
    dataset.file_meta = meta
    component = "MPRI".index(place.component)
    uid = f"{STUDY_UID}.{spec.number}.{place.slice_index + 1}.{place.echo + 1}.{component + 1}"
    meta.MediaStorageSOPInstanceUID = uid
    dataset.SOPClassUID = MR_IMAGE
    dataset.SOPInstanceUID = uid
    dataset.StudyInstanceUID = STUDY_UID
    dataset.SeriesInstanceUID = f"{STUDY_UID}.{spec.number}"
    dataset.SeriesNumber = spec.number
    dataset.SeriesDescription = spec.description
    dataset.StudyDate = "20260115"
    dataset.PatientID = "P-1"
    dataset.PatientName = "Nobody"
    dataset.Modality = "MR"
    dataset.Manufacturer = spec.manufacturer
    dataset.MagneticFieldStrength = 3.0
    dataset.ImagingFrequency = 123.2
    dataset.RepetitionTime = 9.0
    dataset.FlipAngle = 4.0
    dataset.ScanningSequence = "GR"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", place.component, "ND"]
    dataset.EchoTime = spec.echoes_ms[place.echo]
    dataset.EchoNumbers = place.echo + 1
    dataset.InstanceNumber = place.slice_index * len(spec.echoes_ms) + place.echo + 1
    _place_in_space(dataset, spec, place)
    _add_pixels(dataset, spec.values(place))
    return dataset


def _place_in_space(dataset: Dataset, spec: SeriesSpec, place: Place) -> None:
    row, column = np.array(spec.orientation[:3]), np.array(spec.orientation[3:])
    normal = np.cross(row, column)
    position = np.array(ORIGIN_LPS_MM) + normal * SLICE_STEP_MM * place.slice_index
    dataset.ImageOrientationPatient = list(spec.orientation)
    dataset.ImagePositionPatient = [float(value) for value in position]
    dataset.PixelSpacing = list(SPACING_MM)
    dataset.SliceThickness = SLICE_STEP_MM


def _add_pixels(dataset: Dataset, values: npt.NDArray[np.uint16]) -> None:
    dataset.Rows, dataset.Columns = values.shape
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = 16
    dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = 0
    dataset.PixelData = values.astype("<u2").tobytes()


def setting(**values: object) -> Callable[[Dataset], None]:
    def edit(dataset: Dataset) -> None:
        for name, value in values.items():
            setattr(dataset, name, value)

    return edit


def expected(echo: int) -> npt.NDArray[np.float32]:
    """Return (i, j, k) what was written for an echo: i counts columns, j rows, k slices."""
    slices = [stored_values(Place(k, echo)).T for k in range(SLICES)]
    return np.stack(slices, axis=-1).astype(np.float32)


def finding_codes(study: IngestedStudy) -> set[str]:
    return {finding.code for finding in study.findings}
