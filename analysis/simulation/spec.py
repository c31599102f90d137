"""What to simulate: the protocol, the grid, the liver's fat and iron, and the scanner's flaws."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.signal.fat_spectrum import GYROMAGNETIC_RATIO_MHZ_PER_T

SIEMENS_3T_IMAGING_FREQUENCY_MHZ = 123.2
_FIELD_OF_VIEW_MM, _COVERAGE_MM = 409.6, 200.0
SIEMENS_3T_FIELD_T = SIEMENS_3T_IMAGING_FREQUENCY_MHZ / GYROMAGNETIC_RATIO_MHZ_PER_T


@dataclass(frozen=True, slots=True)
class Protocol:
    """How the images are acquired: a spoiled multi-echo gradient echo.

    Parameters
    ----------
    field_strength_t
        True main field in tesla (2.8935 for a Siemens "3 T" magnet).
    echo_times_ms
        Distinct, increasing echo times.
    repetition_time_ms
        TR, longer than the last echo time.
    flip_angle_deg
        Flip angle.

    Raises
    ------
    ValueError
        If a value is not positive, or the echo times do not increase or do not fit into TR.
    """

    field_strength_t: float
    echo_times_ms: tuple[float, ...]
    repetition_time_ms: float
    flip_angle_deg: float

    def __post_init__(self) -> None:
        times = tuple(float(time) for time in self.echo_times_ms)
        object.__setattr__(self, "echo_times_ms", times)
        if not times or times[0] <= 0 or list(times) != sorted(set(times)):
            raise ValueError("echo times must be positive, distinct and increasing")
        if self.repetition_time_ms <= times[-1]:
            raise ValueError("the repetition time must be longer than the last echo time")
        if self.field_strength_t <= 0 or not 0 < self.flip_angle_deg < 180:
            raise ValueError("field strength and flip angle must be positive")

    @property
    def imaging_frequency_mhz(self) -> float:
        """Proton frequency at the true field, in MHz."""
        return self.field_strength_t * GYROMAGNETIC_RATIO_MHZ_PER_T


def liver_protocol(field_strength_t: float = 3.0) -> Protocol:
    """Return six echoes as used for the liver, with a flip angle low enough for little T1 bias.

    Parameters
    ----------
    field_strength_t
        Main field in tesla; below 2 T the echoes lie 2.0 ms apart, above 1.0 ms.

    References
    ----------
    First echo 1.2 ms and these spacings: Campo 2017, Hernando 2017 (PMC4835219).

    Examples
    --------
    >>> liver_protocol(1.5).echo_times_ms
    (1.2, 3.2, 5.2, 7.2, 9.2, 11.2)
    """
    if field_strength_t < 2.0:
        return Protocol(field_strength_t, (1.2, 3.2, 5.2, 7.2, 9.2, 11.2), 14.0, 3.0)
    return Protocol(field_strength_t, (1.2, 2.2, 3.2, 4.2, 5.2, 6.2), 12.0, 2.0)


def true_field_t(vendor: str, nominal_field_t: float) -> float:
    """Return the field of a magnet from the figure on its cover: a Siemens "3 T" runs at 2.89 T.

    Parameters
    ----------
    vendor
        Key of the vendor, such as ``"siemens"``.
    nominal_field_t
        1.5, 2.89 or 3 as people say it.

    References
    ----------
    Imaging frequency 123.2 MHz in real headers of Siemens 3 T magnets.

    Examples
    --------
    >>> round(true_field_t("siemens", 3.0), 3), true_field_t("ge", 3.0)
    (2.894, 3.0)
    """
    is_siemens_3t = vendor == "siemens" and abs(nominal_field_t - 3.0) < 0.2
    if is_siemens_3t or abs(nominal_field_t - SIEMENS_3T_FIELD_T) < 0.05:
        return SIEMENS_3T_FIELD_T
    return nominal_field_t


@dataclass(frozen=True, slots=True)
class Grid:
    """The acquired block of voxels, centred on the middle of the liver.

    Parameters
    ----------
    shape
        Columns, rows, slices.
    spacing_mm
        Column, row and slice distance in mm.
    tilt_deg
        Rotation about the patient's left-right axis and then about the head-feet axis; (0, 0) is
        straight axial, anything else an oblique stack.
    """

    shape: tuple[int, int, int] = (256, 256, 40)
    spacing_mm: tuple[float, float, float] = (1.6, 1.6, 5.0)
    tilt_deg: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        if min(self.shape) < 1 or min(self.spacing_mm) <= 0:
            raise ValueError("the grid needs at least one voxel of positive size on each axis")

    @classmethod
    def covering(cls, shape: tuple[int, int, int], tilt_deg: tuple[float, float] = (0, 0)) -> Grid:
        """Return a grid of a shape that covers an abdomen: 409.6 mm across and 200 mm high.

        Parameters
        ----------
        shape
            Columns, rows, slices.
        tilt_deg
            As in the class.

        Examples
        --------
        >>> Grid.covering((256, 256, 40)).spacing_mm
        (1.6, 1.6, 5.0)
        """
        if min(shape) < 1:
            raise ValueError("the grid needs at least one voxel on each axis")
        in_plane_mm = _FIELD_OF_VIEW_MM / max(shape[:2])
        return cls(shape, (in_plane_mm, in_plane_mm, _COVERAGE_MM / shape[2]), tilt_deg)


@dataclass(frozen=True, slots=True)
class FocalChange:
    """A round area of the liver with more or less fat (focal fat, focal sparing) or iron.

    Parameters
    ----------
    segment
        Couinaud segment, 1-8, whose middle is the centre.
    radius_mm
        Radius at which half the change is left.
    pdff_change_percent
        Added to the PDFF, in percentage points.
    r2star_factor
        Multiplies R2*.
    """

    segment: int
    radius_mm: float
    pdff_change_percent: float
    r2star_factor: float = 1.0


@dataclass(frozen=True, slots=True)
class LiverSpec:
    """Fat and iron of the liver and how they are spread.

    Parameters
    ----------
    pdff_percent
        PDFF around which the segments lie.
    r2star_per_s
        R2* of the parenchyma; None takes a healthy value for the field.
    segment_pdff_sd_percent
        SD between segments in percentage points, drawn from the seed.
    segment_r2star_sd_fraction
        SD between segments as a fraction of R2*.
    right_left_pdff_percent
        By how much the PDFF at the right edge exceeds the one at the left edge.
    texture_pdff_percent, texture_r2star_fraction
        SD of the smooth variation inside the liver (a few millimetres).
    focal
        Focal changes.
    """

    pdff_percent: float = 12.0
    r2star_per_s: float | None = None
    segment_pdff_sd_percent: float = 0.8
    segment_r2star_sd_fraction: float = 0.04
    right_left_pdff_percent: float = 2.0
    texture_pdff_percent: float = 0.5
    texture_r2star_fraction: float = 0.05
    focal: tuple[FocalChange, ...] = (
        FocalChange(segment=4, radius_mm=12.0, pdff_change_percent=-5.0),
        FocalChange(segment=6, radius_mm=14.0, pdff_change_percent=6.0),
    )

    def __post_init__(self) -> None:
        if not 0 <= self.pdff_percent <= 100:
            raise ValueError("PDFF lies between 0 and 100 %")
        if self.r2star_per_s is not None and self.r2star_per_s <= 0:
            raise ValueError("R2* must be positive")


@dataclass(frozen=True, slots=True)
class Imperfections:
    """What keeps a real image from being the ideal one.

    Parameters
    ----------
    snr
        Median liver signal at echo time zero over the SD of the noise in each of the two
        channels; None for no noise.
    off_resonance_ppm
        Largest deviation of the main field inside the body, near lung and bowel gas.
    coil_shading
        0 for an even receive field; 0.4 makes the skin about 1.5 times as bright as the middle.
    point_spread_voxels
        SD of the in-plane blur of the complex image, 0 for none.
    has_t1_weighting
        False sets the saturation of all tissues to 1.
    has_initial_phase
        False makes the phase zero at echo time zero.
    """

    snr: float | None = 40.0
    off_resonance_ppm: float = 2.0
    coil_shading: float = 0.4
    point_spread_voxels: float = 0.4
    has_t1_weighting: bool = True
    has_initial_phase: bool = True

    def __post_init__(self) -> None:
        if self.snr is not None and not self.snr > 0:
            raise ValueError("the signal-to-noise ratio must be positive")
        if min(self.off_resonance_ppm, self.coil_shading, self.point_spread_voxels) < 0:
            raise ValueError("an imperfection cannot be negative")


NO_IMPERFECTIONS = Imperfections(
    snr=None,
    off_resonance_ppm=0.0,
    coil_shading=0.0,
    point_spread_voxels=0.0,
    has_t1_weighting=False,
    has_initial_phase=False,
)


@dataclass(frozen=True, slots=True)
class PhantomSpec:
    """Everything that determines a simulated study; equal specs give equal bytes.

    Parameters
    ----------
    seed
        Start of every random draw: body shape, texture, noise, identifiers.
    protocol, grid, liver, imperfections
        See the classes.
    shape_variation
        Scale of the random body shape: 0 is the mean body, 1 as varied as the training bodies.
    """

    seed: int = 0
    protocol: Protocol = field(default_factory=liver_protocol)
    grid: Grid = field(default_factory=Grid)
    liver: LiverSpec = field(default_factory=LiverSpec)
    imperfections: Imperfections = field(default_factory=Imperfections)
    shape_variation: float = 0.7
