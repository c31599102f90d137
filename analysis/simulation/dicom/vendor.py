"""What differs between vendors: how a component is encoded, and what the header calls it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from analysis.simulation.spec import Protocol
from analysis.study import Component, Role


@dataclass(frozen=True, slots=True, eq=False)
class StoredPixels:
    """Pixels as stored, and the header's way back to values.

    Parameters
    ----------
    array
        (row, column) uint16 or int16.
    bits_stored
        12 or 16.
    slope, intercept
        Rescale of the header: value = stored * slope + intercept.
    rescale_type
        DICOM Rescale Type, or empty when the vendor writes no rescale.
    scale_slope
        Philips private scale slope, or None.
    """

    array: npt.NDArray[np.integer[Any]]
    bits_stored: int
    slope: float = 1.0
    intercept: float = 0.0
    rescale_type: str = ""
    scale_slope: float | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """One two-dimensional image within a series.

    Parameters
    ----------
    component
        Part of the complex signal.
    role
        What the series shows: echoes or a map.
    echo
        Index of the echo, from 0.
    slice_index
        Index along the slice axis, from 0.
    """

    component: Component
    role: Role
    echo: int
    slice_index: int


@dataclass(frozen=True, slots=True)
class Scaling:
    """Range of values that an encoding must hold.

    Parameters
    ----------
    largest_magnitude
        Largest magnitude of each echo.
    """

    largest_magnitude: tuple[float, ...]

    @property
    def overall(self) -> float:
        """Largest magnitude of all echoes."""
        return max(self.largest_magnitude)


@dataclass(frozen=True, slots=True)
class SeriesPlan:
    """One series: what it is called and the images it holds, in the order of the scanner.

    Parameters
    ----------
    number, description
        Series Number and Series Description.
    images
        The images in the order in which the scanner writes them.
    instance_numbers
        Instance Number of each image; Siemens repeats them for every echo.
    """

    number: int
    description: str
    images: tuple[Image, ...]
    instance_numbers: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.images) != len(self.instance_numbers):
            raise ValueError("every image needs one instance number")


@dataclass(frozen=True, slots=True)
class Vendor:
    """How one manufacturer writes multi-echo images.

    Parameters
    ----------
    key
        Name used on the command line.
    manufacturer, software
        Header texts.
    model
        Model Name for a field strength in tesla.
    nominal_field_t
        Magnetic Field Strength as the header states it for the true field.
    sequence_name
        Sequence Name.
    series
        Series for (echo count, slice count, components).
    components
        Components that can be exported beside magnitude.
    encode
        Stored pixels of (values, image, scaling): magnitude in arbitrary units, phase in rad, maps
        in % or 1/s.
    image_type
        DICOM Image Type of an image.
    add_private
        Adds private elements to a classic instance.
    """

    key: str
    manufacturer: str
    software: str
    model: Callable[[float], str]
    nominal_field_t: Callable[[float], float]
    sequence_name: str
    series: Callable[[int, int, tuple[Component, ...]], tuple[SeriesPlan, ...]]
    map_series: Callable[[int], tuple[SeriesPlan, ...]]
    components: tuple[Component, ...]
    encode: Callable[[npt.NDArray[np.float32], Image, Scaling], StoredPixels]
    image_type: Callable[[Image], tuple[str, ...]]
    add_private: Callable[[Dataset, Image, StoredPixels, Protocol], None]


def quantise(
    values: npt.NDArray[np.float32], slope: float, intercept: float, bits: int, is_signed: bool
) -> npt.NDArray[np.integer[Any]]:
    """Return (values - intercept) / slope rounded and limited to the range of the bits."""
    low = -(1 << (bits - 1)) if is_signed else 0
    high = low + (1 << bits) - 1
    stored = np.clip(np.rint((values - np.float32(intercept)) / np.float32(slope)), low, high)
    result: npt.NDArray[np.integer[Any]] = stored.astype(np.int16 if is_signed else np.uint16)
    return result
