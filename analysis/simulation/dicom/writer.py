"""Write a simulated study as the files that a scanner of a given make would export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from analysis.errors import OutputFailed
from analysis.simulation.dicom.canon import CANON
from analysis.simulation.dicom.classic import classic_image
from analysis.simulation.dicom.enhanced import enhanced_image
from analysis.simulation.dicom.ge import GE
from analysis.simulation.dicom.identifiers import Identifiers
from analysis.simulation.dicom.image_source import ImageSource
from analysis.simulation.dicom.localizer import localizer_planes, localizer_series
from analysis.simulation.dicom.modules import StudyHeader
from analysis.simulation.dicom.philips import PHILIPS
from analysis.simulation.dicom.siemens import SIEMENS
from analysis.simulation.dicom.vendor import Scaling, SeriesPlan, Vendor
from analysis.simulation.simulated_study import SimulatedStudy
from analysis.simulation.vendor_maps import scanner_maps
from analysis.study import Component

VENDORS: tuple[Vendor, ...] = (SIEMENS, GE, PHILIPS, CANON)
BY_KEY: dict[str, Vendor] = {vendor.key: vendor for vendor in VENDORS}


@dataclass(frozen=True, slots=True)
class DicomOptions:
    """What is exported beside the magnitude images.

    Parameters
    ----------
    vendor
        ``"siemens"``, ``"ge"``, ``"philips"`` or ``"canon"``.
    is_enhanced
        Multi-frame objects instead of one file an image.
    has_phase
        Also export phase, where the vendor does.
    has_real_imaginary
        Export real and imaginary images instead of phase (GE).
    has_vendor_maps
        Also export the PDFF and R2* (or T2*) maps of the scanner.
    has_localizer
        Also export a three-plane localizer.
    has_extension
        False writes file names without ``.dcm``.
    study_date
        DICOM date.

    Raises
    ------
    ValueError
        If the vendor is not known or does not export real and imaginary images.
    """

    vendor: str = "siemens"
    is_enhanced: bool = False
    has_phase: bool = True
    has_real_imaginary: bool = False
    has_vendor_maps: bool = False
    has_localizer: bool = True
    has_extension: bool = True
    study_date: str = "20260115"

    def __post_init__(self) -> None:
        if self.vendor not in BY_KEY:
            raise ValueError(f"{self.vendor!r} is not one of {', '.join(BY_KEY)}")
        if self.has_real_imaginary and Component.REAL not in BY_KEY[self.vendor].components:
            raise ValueError(f"{self.vendor} does not export real and imaginary images")

    @property
    def components(self) -> tuple[Component, ...]:
        """Components of the echoes that are exported."""
        if self.has_real_imaginary:
            return Component.MAGNITUDE, Component.REAL, Component.IMAGINARY
        if self.has_phase and Component.PHASE in BY_KEY[self.vendor].components:
            return Component.MAGNITUDE, Component.PHASE
        return (Component.MAGNITUDE,)


def write_dicom(
    study: SimulatedStudy,
    folder: Path,
    *,
    vendor: str = "siemens",
    enhanced: bool = False,
    options: DicomOptions | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[Path, ...]:
    """Write a simulated study as DICOM files, the way the scanner of a vendor exports it.

    Parameters
    ----------
    study
        The simulated study.
    folder
        Where the files go, one sub-folder a series; made when missing.
    vendor, enhanced
        Short form of ``options``, which wins when given.
    options
        Everything that can be chosen.
    progress
        Called with the number of images after each file.

    Returns
    -------
    The files in the order of the scanner.

    Raises
    ------
    OutputFailed
        If a file cannot be written.

    Examples
    --------
    >>> DicomOptions("ge").components
    (<Component.MAGNITUDE: 'magnitude'>, <Component.PHASE: 'phase'>)
    """
    chosen = options or DicomOptions(vendor=vendor, is_enhanced=enhanced)
    written: list[Path] = []
    for path, dataset, image_count in _instances(study, chosen):
        _save(dataset, folder / path)
        written.append(folder / path)
        if progress is not None:
            progress(image_count)
    return tuple(written)


def _instances(study: SimulatedStudy, options: DicomOptions) -> Iterator[tuple[Path, Dataset, int]]:
    header = _header(study, options)
    source = ImageSource(study, scanner_maps(study) if options.has_vendor_maps else None)
    if options.has_localizer:
        yield from _localizer(study, header, options)
    for plan in _plans(study, options):
        if options.is_enhanced:
            yield _path(plan, 0, options), enhanced_image(header, plan, source), len(plan.images)
            continue
        yield from _classic_series(header, plan, source, options)


def _plans(study: SimulatedStudy, options: DicomOptions) -> tuple[SeriesPlan, ...]:
    vendor, slices = BY_KEY[options.vendor], study.echoes.geometry.shape[2]
    plans = vendor.series(len(study.echoes.echo_times_ms), slices, options.components)
    return plans + vendor.map_series(slices) if options.has_vendor_maps else plans


def image_count(study: SimulatedStudy, options: DicomOptions) -> int:
    """Return how many images ``write_dicom`` will report.

    Parameters
    ----------
    study
        The simulated study.
    options
        What is exported.
    """
    localizer = len(localizer_series().images) if options.has_localizer else 0
    return localizer + sum(len(plan.images) for plan in _plans(study, options))


def _classic_series(
    header: StudyHeader, plan: SeriesPlan, source: ImageSource, options: DicomOptions
) -> Iterator[tuple[Path, Dataset, int]]:
    scaling, geometry = source.scaling, source.study.echoes.geometry
    for position, image in enumerate(plan.images):
        pixels = header.vendor.encode(source.values(image), image, scaling)
        dataset = classic_image(header, plan, position, geometry, pixels)
        yield _path(plan, position, options), dataset, 1


def _localizer(
    study: SimulatedStudy, header: StudyHeader, options: DicomOptions
) -> Iterator[tuple[Path, Dataset, int]]:
    plan = localizer_series()
    for position, plane in enumerate(localizer_planes(study.echoes)):
        values = np.ascontiguousarray(plane.array[:, :, 0].T)
        scaling = Scaling((float(max(values.max(), 1e-12)),))
        pixels = header.vendor.encode(values, plan.images[position], scaling)
        dataset = classic_image(header, plan, position, plane.geometry, pixels)
        yield _path(plan, position, options), dataset, 1


def _header(study: SimulatedStudy, options: DicomOptions) -> StudyHeader:
    content = sha256(repr((study.spec, options.vendor, options.is_enhanced)).encode())
    for echo in study.echoes.magnitude:
        content.update(echo[::7, ::7].tobytes())
    return StudyHeader(
        Identifiers(content.hexdigest()),
        BY_KEY[options.vendor],
        study.spec.protocol,
        f"SIM-{study.spec.seed:06d}",
        options.study_date,
    )


def _path(plan: SeriesPlan, position: int, options: DicomOptions) -> Path:
    words = "".join(c if c.isalnum() else "_" for c in plan.description)
    suffix = ".dcm" if options.has_extension else ""
    return Path(f"{plan.number:04d}_{words}") / f"IM{position + 1:05d}{suffix}"


def _save(dataset: Dataset, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset.save_as(path, enforce_file_format=True)
    except OSError as error:
        raise OutputFailed(
            f"The simulated images could not be written to {path.parent}: {error.strerror}. "
            "Free some space or choose another folder.",
            code="output-failed",
            permanent=False,
        ) from error
