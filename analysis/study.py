"""What was received (``IngestedStudy``) and what will be analysed (``SelectedSeries``)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from analysis.errors import UnsupportedAcquisition
from analysis.findings import Finding
from analysis.volume import Geometry, Volume, read_only
from analysis.wording import words


class Component(StrEnum):
    """Part of the complex MR signal that an image shows (DICOM Complex Image Component)."""

    MAGNITUDE = "magnitude"
    PHASE = "phase"
    REAL = "real"
    IMAGINARY = "imaginary"


class Role(StrEnum):
    """What a series is used for, or may be."""

    MULTI_ECHO = "multi-echo"
    PDFF_MAP = "pdff-map"
    R2STAR_MAP = "r2star-map"
    T2STAR_MAP = "t2star-map"
    WATER = "water"
    FAT = "fat"
    IN_PHASE = "in-phase"
    OPPOSED_PHASE = "opposed-phase"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class StudyDescription:
    """Who, when and what, as far as a pseudonymised study says.

    Parameters
    ----------
    study_instance_uid
        DICOM Study Instance UID, or a stable name for NIfTI input.
    patient_id
        Pseudonym from the files; never shown outside the site's own pages.
    study_date
        ISO date, or empty.
    description
        Study description, or empty.
    source
        ``"DICOM"`` or ``"NIfTI"``.
    height_m, weight_kg, age_years
        Of the body, as in the header; None where it does not say.
    """

    study_instance_uid: str
    patient_id: str = ""
    study_date: str = ""
    description: str = ""
    source: str = "DICOM"
    height_m: float | None = None
    weight_kg: float | None = None
    age_years: float | None = None


@dataclass(frozen=True, slots=True)
class Acquisition:
    """How a series was acquired; None where the header does not say.

    Parameters
    ----------
    manufacturer, model, software
        As in the header, trimmed.
    field_strength_t
        Main field in tesla; from the imaging frequency when that is present (2.89 T stays 2.89 T).
    imaging_frequency_mhz
        Proton frequency in MHz.
    repetition_time_ms, flip_angle_deg
        As in the header.
    sequence
        Sequence or protocol name.
    slice_thickness_mm
        Nominal slice thickness.
    phase_sign
        +1 when the phase follows exp(+i 2 pi f t), -1 when it must be conjugated, else None.
    """

    manufacturer: str = ""
    model: str = ""
    software: str = ""
    field_strength_t: float | None = None
    imaging_frequency_mhz: float | None = None
    repetition_time_ms: float | None = None
    flip_angle_deg: float | None = None
    sequence: str = ""
    slice_thickness_mm: float | None = None
    phase_sign: int | None = None


@dataclass(frozen=True, slots=True)
class SourceSeries:
    """The DICOM images that a volume was read from, for objects that refer to them.

    Parameters
    ----------
    series_instance_uid, frame_of_reference_uid
        As in the header.
    sop_class_uid
        SOP Class of the images.
    sop_instance_uids
        One a slice, in the order of the volume's third axis.
    """

    series_instance_uid: str
    frame_of_reference_uid: str
    sop_class_uid: str
    sop_instance_uids: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ImageStack:
    """One volume of a series: one echo, one component, sorted along the slice normal.

    Parameters
    ----------
    volume
        Rescaled values. Phase is in radians when ``phase_in_radians`` is True, else as stored.
    component
        Part of the complex signal.
    echo_time_ms
        Effective echo time, or None.
    image_type
        DICOM Image Type values, upper case.
    phase_in_radians
        Whether a phase image was brought to radians by a known rule.
    source
        The DICOM images behind the volume; None for NIfTI and for multi-frame images.
    """

    volume: Volume
    component: Component
    echo_time_ms: float | None
    image_type: tuple[str, ...] = ()
    phase_in_radians: bool = False
    source: SourceSeries | None = None


@dataclass(frozen=True, slots=True, eq=False)
class IngestedSeries:
    """One series as received.

    Parameters
    ----------
    series_instance_uid, number, description, modality
        As in the header.
    acquisition
        How it was acquired.
    stacks
        Its volumes, ordered by (component, echo time); empty when ``not_read`` says why.
    claimed_role
        What the header text claims the series to be (evidence, not proof).
    instance_count
        Number of DICOM instances or frames received.
    not_read
        Why no pixel data was loaded (localizer, CT, report); empty otherwise.
    """

    series_instance_uid: str
    number: int
    description: str
    modality: str
    acquisition: Acquisition
    stacks: tuple[ImageStack, ...]
    claimed_role: Role
    instance_count: int
    not_read: str = ""


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A received file that is not part of any series, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class IngestedStudy:
    """Everything readable in a folder or archive; nothing is dropped without a line here."""

    description: StudyDescription
    series: tuple[IngestedSeries, ...]
    skipped: tuple[SkippedFile, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MultiEcho:
    """Multi-echo gradient-echo images on one grid, ready to be fitted.

    Parameters
    ----------
    magnitude
        (echo, i, j, k) float32 >= 0, read-only; echo first, so that an echo is contiguous.
    phase_rad
        Same shape, radians, or None when phase is missing or not usable.
    echo_times_ms
        (echo,) float64, distinct and increasing.
    geometry
        The grid.

    Raises
    ------
    UnsupportedAcquisition
        If shapes disagree or echo times are not finite, positive, distinct and increasing.
    """

    magnitude: npt.NDArray[np.float32]
    phase_rad: npt.NDArray[np.float32] | None
    echo_times_ms: npt.NDArray[np.float64]
    geometry: Geometry

    def __post_init__(self) -> None:
        times = read_only(np.array(self.echo_times_ms, dtype=np.float64), np.float64)
        object.__setattr__(self, "magnitude", read_only(self.magnitude, np.float32))
        object.__setattr__(self, "echo_times_ms", times)
        shapes = {self.magnitude.shape}
        if self.phase_rad is not None:
            object.__setattr__(self, "phase_rad", read_only(self.phase_rad, np.float32))
            shapes.add(self.phase_rad.shape)
        if shapes != {(times.size, *self.geometry.shape)}:
            raise UnsupportedAcquisition(
                words("The echoes do not all have the same size; export the series again."),
                code="echo-shapes-differ",
            )
        ordered = times.size > 0 and np.isfinite(times).all() and times[0] > 0
        if not ordered or (times.size > 1 and np.diff(times).min() <= 0):
            raise UnsupportedAcquisition(
                words(
                    "The echo times are equal, missing or out of order; give the true echo times "
                    "with --echo-times."
                ),
                code="echo-times-invalid",
            )


@dataclass(frozen=True, slots=True, eq=False)
class VendorMap:
    """A map computed by the scanner, as stored; its scale is proven later, never assumed.

    Parameters
    ----------
    volume
        Stored values after the rescale of the header.
    role
        PDFF_MAP, R2STAR_MAP, T2STAR_MAP, WATER, FAT, IN_PHASE or OPPOSED_PHASE.
    echo_time_ms
        For in-phase and opposed-phase images, else None.
    series_instance_uid
        Where it came from.
    """

    volume: Volume
    role: Role
    echo_time_ms: float | None
    series_instance_uid: str


@dataclass(frozen=True, slots=True)
class SeriesChoice:
    """Why a series was used, or not."""

    series_instance_uid: str
    number: int
    description: str
    role: Role
    is_used: bool
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class SelectedSeries:
    """The images that will be analysed.

    Parameters
    ----------
    description
        The study.
    acquisition
        Of the images that are fitted (or of the vendor maps when there are no echoes).
    echoes
        The multi-echo images, or None when only vendor maps exist.
    vendor_maps
        Maps by the scanner.
    anatomical_image
        The image that is segmented and shown: the first echo's magnitude, else water, in-phase or
        the map that shows anatomy best.
    choices
        One line a series with the reason.
    findings
        Carried on from ingest, with those of the selection.
    source
        The DICOM images behind ``anatomical_image``, or None for NIfTI and where they are not
        known slice by slice.
    """

    description: StudyDescription
    acquisition: Acquisition
    echoes: MultiEcho | None
    vendor_maps: tuple[VendorMap, ...]
    anatomical_image: Volume
    choices: tuple[SeriesChoice, ...]
    findings: tuple[Finding, ...]
    source: SourceSeries | None = None
