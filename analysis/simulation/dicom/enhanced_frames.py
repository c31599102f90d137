"""Functional groups that each frame of an enhanced MR image has of its own."""

from __future__ import annotations

from pydicom.dataset import Dataset

from analysis.simulation.dicom.enhanced_header import add_pixel_description, frame_type
from analysis.simulation.dicom.enhanced_shared import sequence_item
from analysis.simulation.dicom.geometry import decimal_string, slice_plane
from analysis.simulation.dicom.modules import STUDY_TIME, StudyHeader
from analysis.simulation.dicom.philips import add_scale_slope
from analysis.simulation.dicom.vendor import Image, StoredPixels
from analysis.study import Component, Role
from analysis.volume import Geometry

_COMPONENTS = (Component.MAGNITUDE, Component.PHASE, Component.REAL, Component.IMAGINARY)
_ACQUISITION_MS = 15000.0


def frame_groups(
    header: StudyHeader, image: Image, geometry: Geometry, pixels: StoredPixels
) -> Dataset:
    """Return the functional groups of one frame: position, echo, component, rescale.

    Parameters
    ----------
    header
        The study.
    image
        Which image of the series the frame shows.
    geometry
        The grid of the frames.
    pixels
        The stored frame, for its rescale.

    References
    ----------
    DICOM PS3.3 C.7.6.16 and C.8.13.5.
    """
    position_mm = slice_plane(geometry, image.slice_index).position_mm
    groups = sequence_item(
        FrameContentSequence=[_content(header, image)],
        PlanePositionSequence=[
            sequence_item(ImagePositionPatient=[decimal_string(value) for value in position_mm])
        ],
        PixelValueTransformationSequence=[_rescale(pixels)],
        MRImageFrameTypeSequence=[_frame_type(image)],
    )
    if image.role is Role.MULTI_ECHO:
        echo_time_ms = header.protocol.echo_times_ms[image.echo]
        groups.MREchoSequence = [sequence_item(EffectiveEchoTime=echo_time_ms)]
    if pixels.scale_slope is not None:
        _add_philips_frame(groups, image, pixels)
    return groups


def _content(header: StudyHeader, image: Image) -> Dataset:
    component = _COMPONENTS.index(image.component) + 1
    return sequence_item(
        FrameAcquisitionNumber=1,
        FrameReferenceDateTime=header.study_date + STUDY_TIME,
        FrameAcquisitionDateTime=header.study_date + STUDY_TIME,
        FrameAcquisitionDuration=_ACQUISITION_MS,
        StackID="1",
        InStackPositionNumber=image.slice_index + 1,
        DimensionIndexValues=[image.slice_index + 1, image.echo + 1, component],
    )


def _rescale(pixels: StoredPixels) -> Dataset:
    return sequence_item(
        RescaleIntercept=decimal_string(pixels.intercept),
        RescaleSlope=decimal_string(pixels.slope),
        RescaleType=pixels.rescale_type or "US",
    )


def _frame_type(image: Image) -> Dataset:
    kind = sequence_item(FrameType=frame_type(image))
    add_pixel_description(kind, image.component.value.upper())
    return kind


def _add_philips_frame(groups: Dataset, image: Image, pixels: StoredPixels) -> None:
    private = Dataset()
    add_scale_slope(private, image, pixels)
    # Scanners reserve the blocks 001 to 005 in order, which makes the element (2005,140F).
    for number in range(1, 6):
        block = groups.private_block(0x2005, f"Philips MR Imaging DD 00{number}", create=True)
    block.add_new(0x0F, "SQ", [private])
