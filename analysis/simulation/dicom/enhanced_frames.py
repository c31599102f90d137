"""Functional groups of an enhanced MR image: what all frames share and what each has of its own."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from analysis.simulation.dicom.enhanced_header import add_pixel_description, frame_type
from analysis.simulation.dicom.geometry import decimal_string, slice_plane
from analysis.simulation.dicom.modules import STUDY_TIME, StudyHeader
from analysis.simulation.dicom.philips import add_scale_slope
from analysis.simulation.dicom.vendor import Image, StoredPixels
from analysis.simulation.spec import Protocol
from analysis.study import Component, Role
from analysis.volume import Geometry

_COMPONENTS = (Component.MAGNITUDE, Component.PHASE, Component.REAL, Component.IMAGINARY)


def _item(**values: object) -> Dataset:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def shared_groups(header: StudyHeader, geometry: Geometry) -> Dataset:
    """Return the shared functional groups: pixel size, orientation, timing, coils.

    Parameters
    ----------
    header
        The study.
    geometry
        The grid of the frames.
    """
    plane = slice_plane(geometry, 0)
    shared = _item(
        PixelMeasuresSequence=[
            _item(
                PixelSpacing=[decimal_string(value) for value in plane.pixel_spacing_mm],
                SliceThickness=decimal_string(geometry.spacing_mm[2]),
                SpacingBetweenSlices=decimal_string(geometry.spacing_mm[2]),
            )
        ],
        PlaneOrientationSequence=[
            _item(ImageOrientationPatient=[decimal_string(value) for value in plane.orientation])
        ],
        FrameAnatomySequence=[_anatomy()],
        MRAveragesSequence=[_item(NumberOfAverages="1")],
    )
    _add_acquisition(shared, header.protocol, geometry)
    return shared


def _anatomy() -> Dataset:
    liver = codes.SCT.Liver
    region = _item(
        CodeValue=liver.value,
        CodingSchemeDesignator=liver.scheme_designator,
        CodeMeaning=liver.meaning,
    )
    return _item(FrameLaterality="U", AnatomicRegionSequence=[region])


def _add_acquisition(shared: Dataset, protocol: Protocol, geometry: Geometry) -> None:
    columns, rows, _ = geometry.shape
    shared.MRTimingAndRelatedParametersSequence = [
        _item(
            RepetitionTime=decimal_string(protocol.repetition_time_ms),
            FlipAngle=decimal_string(protocol.flip_angle_deg),
            EchoTrainLength=str(len(protocol.echo_times_ms)),
            RFEchoTrainLength=0,
            GradientEchoTrainLength=len(protocol.echo_times_ms),
            GradientOutputType="DB_DT",
            GradientOutput=20.0,
            OperatingModeSequence=[
                _item(OperatingModeType="STATIC FIELD", OperatingMode="IEC_NORMAL")
            ],
            SpecificAbsorptionRateSequence=[
                _item(
                    SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY",
                    SpecificAbsorptionRateValue=0.1,
                )
            ],
        )
    ]
    shared.MRFOVGeometrySequence = [
        _item(
            InPlanePhaseEncodingDirection="COLUMN",
            MRAcquisitionFrequencyEncodingSteps=columns,
            MRAcquisitionPhaseEncodingStepsInPlane=rows,
            MRAcquisitionPhaseEncodingStepsOutOfPlane=geometry.shape[2],
            PercentSampling="100",
            PercentPhaseFieldOfView="100",
        )
    ]
    shared.MRModifierSequence = [
        _item(
            InversionRecovery="NO",
            FlowCompensation="NONE",
            Spoiling="RF",
            T2Preparation="NO",
            SpectrallySelectedExcitation="NONE",
            SpatialPresaturation="NONE",
            PartialFourier="NO",
            ParallelAcquisition="NO",
        )
    ]
    shared.MRImagingModifierSequence = [
        _item(
            MagnetizationTransfer="NONE",
            BloodSignalNulling="NO",
            Tagging="NONE",
            TransmitterFrequency=[protocol.imaging_frequency_mhz],
            PixelBandwidth="1000",
        )
    ]
    shared.MRReceiveCoilSequence = [
        _item(
            ReceiveCoilName="BODY",
            ReceiveCoilManufacturerName="",
            ReceiveCoilType="BODY",
            QuadratureReceiveCoil="YES",
        )
    ]
    shared.MRTransmitCoilSequence = [
        _item(TransmitCoilName="BODY", TransmitCoilManufacturerName="", TransmitCoilType="BODY")
    ]


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
    """
    plane = slice_plane(geometry, image.slice_index)
    component = _COMPONENTS.index(image.component) + 1
    kind = _item(FrameType=frame_type(image))
    add_pixel_description(kind, image.component.value.upper())
    groups = _item(
        FrameContentSequence=[
            _item(
                FrameAcquisitionNumber=1,
                FrameReferenceDateTime=header.study_date + STUDY_TIME,
                FrameAcquisitionDateTime=header.study_date + STUDY_TIME,
                FrameAcquisitionDuration=15000.0,
                StackID="1",
                InStackPositionNumber=image.slice_index + 1,
                DimensionIndexValues=[image.slice_index + 1, image.echo + 1, component],
            )
        ],
        PlanePositionSequence=[
            _item(ImagePositionPatient=[decimal_string(value) for value in plane.position_mm])
        ],
        PixelValueTransformationSequence=[
            _item(
                RescaleIntercept=decimal_string(pixels.intercept),
                RescaleSlope=decimal_string(pixels.slope),
                RescaleType=pixels.rescale_type or "US",
            )
        ],
        MRImageFrameTypeSequence=[kind],
    )
    if image.role is Role.MULTI_ECHO:
        echo_time_ms = header.protocol.echo_times_ms[image.echo]
        groups.MREchoSequence = [_item(EffectiveEchoTime=echo_time_ms)]
    if pixels.scale_slope is not None:
        _add_philips_frame(groups, image, pixels)
    return groups


def _add_philips_frame(groups: Dataset, image: Image, pixels: StoredPixels) -> None:
    private = Dataset()
    add_scale_slope(private, image, pixels)
    # Scanners reserve the blocks 001 to 005 in order, which makes the element (2005,140F).
    for number in range(1, 6):
        block = groups.private_block(0x2005, f"Philips MR Imaging DD 00{number}", create=True)
    block.add_new(0x0F, "SQ", [private])
