"""Classic single-frame MR images: one file an image."""

from __future__ import annotations

from pydicom.dataset import Dataset

from analysis.simulation.dicom.geometry import decimal_string, slice_plane
from analysis.simulation.dicom.modules import (
    MR_IMAGE_STORAGE,
    STUDY_TIME,
    StudyHeader,
    add_pixels,
    add_plane,
    new_instance,
)
from analysis.simulation.dicom.vendor import Image, SeriesPlan, StoredPixels
from analysis.study import Role
from analysis.volume import Geometry


def classic_image(
    header: StudyHeader,
    series: SeriesPlan,
    position: int,
    geometry: Geometry,
    pixels: StoredPixels,
) -> Dataset:
    """Return one MR Image Storage instance.

    Parameters
    ----------
    header
        The study.
    series
        The series.
    position
        Which image of the series this is, from 0.
    geometry
        The grid of the series.
    pixels
        The stored pixels, rows along j and columns along i.

    References
    ----------
    DICOM PS3.3 C.8.3.1 (MR Image Module).
    """
    image = series.images[position]
    dataset = new_instance(header, series, MR_IMAGE_STORAGE, str(position))
    dataset.ImageType = list(header.vendor.image_type(image))
    dataset.InstanceNumber = str(series.instance_numbers[position])
    dataset.AcquisitionNumber = "1"
    dataset.AcquisitionDate = header.study_date
    dataset.AcquisitionTime = STUDY_TIME
    add_plane(dataset, slice_plane(geometry, image.slice_index))
    dataset.SliceThickness = decimal_string(geometry.spacing_mm[2])
    dataset.SpacingBetweenSlices = decimal_string(geometry.spacing_mm[2])
    _add_acquisition(dataset, header, image)
    add_pixels(dataset, pixels)
    _add_rescale(dataset, pixels)
    header.vendor.add_private(dataset, image, pixels, header.protocol)
    return dataset


def _add_acquisition(dataset: Dataset, header: StudyHeader, image: Image) -> None:
    protocol, vendor = header.protocol, header.vendor
    dataset.ScanningSequence = "GR"
    dataset.SequenceVariant = "SP"
    dataset.ScanOptions = ""
    dataset.MRAcquisitionType = "3D"
    if vendor.sequence_name:
        dataset.SequenceName = vendor.sequence_name
    dataset.AngioFlag = "N"
    dataset.RepetitionTime = decimal_string(protocol.repetition_time_ms)
    dataset.EchoTime = decimal_string(protocol.echo_times_ms[image.echo])
    dataset.EchoNumbers = str(image.echo + 1)
    is_echo = image.role is Role.MULTI_ECHO
    dataset.EchoTrainLength = str(len(protocol.echo_times_ms) if is_echo else 1)
    dataset.NumberOfAverages = "1"
    dataset.ImagingFrequency = decimal_string(protocol.imaging_frequency_mhz)
    dataset.ImagedNucleus = "1H"
    dataset.MagneticFieldStrength = decimal_string(
        vendor.nominal_field_t(protocol.field_strength_t)
    )
    dataset.FlipAngle = decimal_string(protocol.flip_angle_deg)
    dataset.VariableFlipAngleFlag = "N"
    dataset.InPlanePhaseEncodingDirection = "COL"


def _add_rescale(dataset: Dataset, pixels: StoredPixels) -> None:
    if not pixels.rescale_type:
        return
    dataset.RescaleIntercept = decimal_string(pixels.intercept)
    dataset.RescaleSlope = decimal_string(pixels.slope)
    dataset.RescaleType = pixels.rescale_type
