"""What is taken from a NIfTI file and its side-car; all that leaves the reading process."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.ingest.series_facts import SeriesFacts


@dataclass(frozen=True, slots=True)
class Sidecar(SeriesFacts):
    """The fields of a JSON side-car that matter here, in its own units."""

    is_present: bool = False
    echo_times_s: tuple[float, ...] = ()
    repetition_time_s: float | None = None
    flip_angle_deg: float | None = None
    slice_thickness_mm: float | None = None
    scanning_sequence: str = ""
    image_type: tuple[str, ...] = ()
    units: str = ""
    series_number: int | None = None


@dataclass(frozen=True, slots=True)
class NiftiImage:
    """One NIfTI file: its grid and the .npy file that holds its values as float32.

    ``affine`` holds the 16 numbers of the 4x4 matrix, row by row, voxel index to RAS+ mm.
    """

    shape: tuple[int, ...]
    affine: tuple[float, ...]
    has_orientation: bool
    sidecar: Sidecar
