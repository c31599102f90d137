"""Top level of an enhanced MR image: image type, pulse sequence, dimensions."""

from __future__ import annotations

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from analysis.simulation.dicom.geometry import decimal_string
from analysis.simulation.dicom.modules import STUDY_TIME, StudyHeader
from analysis.simulation.dicom.vendor import Image, SeriesPlan
from analysis.study import Component, Role

_ACQUISITION_SECONDS = 15.0
_DIMENSIONS: tuple[tuple[str, str], ...] = (
    ("InStackPositionNumber", "FrameContentSequence"),
    ("EffectiveEchoTime", "MREchoSequence"),
    ("ComplexImageComponent", "MRImageFrameTypeSequence"),
)
_DERIVED_CONTRAST = {
    Role.PDFF_MAP: "FAT_FRACTION",
    Role.R2STAR_MAP: "R2_STAR",
    Role.T2STAR_MAP: "T2_STAR",
}


def component_name(components: set[Component]) -> str:
    """Return DICOM's Complex Image Component of one or several components."""
    return next(iter(components)).value.upper() if len(components) == 1 else "MIXED"


def frame_type(image: Image) -> list[str]:
    """Return the four values of Frame Type: original echo, or derived map."""
    if image.role in _DERIVED_CONTRAST:
        return ["DERIVED", "PRIMARY", "DIXON", _DERIVED_CONTRAST[image.role]]
    return ["ORIGINAL", "PRIMARY", "MULTIECHO", "NONE"]


def add_pixel_description(dataset: Dataset, component: str) -> None:
    """Add what the MR image and its frame type macro share (PS3.3 C.8.13.3)."""
    dataset.PixelPresentation = "MONOCHROME"
    dataset.VolumetricProperties = "VOLUME"
    dataset.VolumeBasedCalculationTechnique = "NONE"
    dataset.ComplexImageComponent = component
    dataset.AcquisitionContrast = "PROTON_DENSITY"


def add_enhanced_header(dataset: Dataset, header: StudyHeader, series: SeriesPlan) -> None:
    """Add the enhanced MR image, pulse sequence and acquisition context modules.

    Parameters
    ----------
    dataset
        The instance to fill.
    header
        The study.
    series
        The series it holds.
    """
    dataset.ImageType = frame_type(series.images[0])
    add_pixel_description(dataset, component_name({image.component for image in series.images}))
    dataset.InstanceNumber = "1"
    dataset.AcquisitionNumber = "1"
    dataset.AcquisitionDateTime = header.study_date + STUDY_TIME
    dataset.AcquisitionDuration = _ACQUISITION_SECONDS
    dataset.ContentQualification = "RESEARCH"
    dataset.BurnedInAnnotation = "NO"
    dataset.LossyImageCompression = "00"
    dataset.PresentationLUTShape = "IDENTITY"
    dataset.ResonantNucleus = "1H"
    dataset.KSpaceFiltering = "NONE"
    dataset.ApplicableSafetyStandardAgency = "IEC"
    field_t = header.vendor.nominal_field_t(header.protocol.field_strength_t)
    dataset.MagneticFieldStrength = decimal_string(field_t)
    dataset.AcquisitionContextSequence = []
    if series.images[0].role is Role.MULTI_ECHO:
        _add_pulse_sequence(dataset, header)


def _add_pulse_sequence(dataset: Dataset, header: StudyHeader) -> None:
    dataset.PulseSequenceName = header.vendor.sequence_name or "T1FFE"
    dataset.MRAcquisitionType = "3D"
    dataset.EchoPulseSequence = "GRADIENT"
    dataset.MultiPlanarExcitation = "NO"
    dataset.PhaseContrast = "NO"
    dataset.TimeOfFlightContrast = "NO"
    dataset.SteadyStatePulseSequence = "NONE"
    dataset.EchoPlanarPulseSequence = "NO"
    dataset.SaturationRecovery = "NO"
    dataset.SpectrallySelectedSuppression = "NONE"
    dataset.OversamplingPhase = "NONE"
    dataset.GeometryOfKSpaceTraversal = "RECTILINEAR"
    dataset.RectilinearPhaseEncodeReordering = "LINEAR"
    dataset.SegmentedKSpaceTraversal = "SINGLE"
    dataset.CoverageOfKSpace = "FULL"
    dataset.NumberOfKSpaceTrajectories = 1


def add_dimensions(dataset: Dataset, header: StudyHeader) -> None:
    """Add the multi-frame dimension module: slice, echo, component (PS3.3 C.7.6.17)."""
    organisation = Dataset()
    organisation.DimensionOrganizationUID = header.identifiers.uid("dimensions")
    dataset.DimensionOrganizationSequence = [organisation]
    items = []
    for pointer, group in _DIMENSIONS:
        item = Dataset()
        item.DimensionOrganizationUID = organisation.DimensionOrganizationUID
        item.DimensionIndexPointer = tag_for_keyword(pointer)
        item.FunctionalGroupPointer = tag_for_keyword(group)
        items.append(item)
    dataset.DimensionIndexSequence = items
