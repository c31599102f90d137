"""Functional groups that all frames of an enhanced MR image share: pixels, timing, coils."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from analysis.simulation.dicom.geometry import decimal_string, slice_plane
from analysis.simulation.dicom.modules import StudyHeader
from analysis.simulation.spec import Protocol
from analysis.volume import Geometry

# What the standard wants said about every acquisition and what does not change here.
_CONSTANT_GROUPS: tuple[tuple[str, dict[str, str]], ...] = (
    ("MRAveragesSequence", {"NumberOfAverages": "1"}),
    (
        "MRModifierSequence",
        {
            "InversionRecovery": "NO",
            "FlowCompensation": "NONE",
            "Spoiling": "RF",
            "T2Preparation": "NO",
            "SpectrallySelectedExcitation": "NONE",
            "SpatialPresaturation": "NONE",
            "PartialFourier": "NO",
            "ParallelAcquisition": "NO",
        },
    ),
    (
        "MRReceiveCoilSequence",
        {
            "ReceiveCoilName": "BODY",
            "ReceiveCoilManufacturerName": "",
            "ReceiveCoilType": "BODY",
            "QuadratureReceiveCoil": "YES",
        },
    ),
    (
        "MRTransmitCoilSequence",
        {
            "TransmitCoilName": "BODY",
            "TransmitCoilManufacturerName": "",
            "TransmitCoilType": "BODY",
        },
    ),
)


def sequence_item(**values: object) -> Dataset:
    """Return a sequence item with the given elements."""
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

    References
    ----------
    DICOM PS3.3 C.7.6.16 and C.8.13.5.
    """
    shared = sequence_item(
        PixelMeasuresSequence=[_pixel_measures(geometry)],
        PlaneOrientationSequence=[_orientation(geometry)],
        FrameAnatomySequence=[_anatomy()],
        MRTimingAndRelatedParametersSequence=[_timing(header.protocol)],
        MRFOVGeometrySequence=[_field_of_view(geometry)],
        MRImagingModifierSequence=[_imaging_modifier(header.protocol)],
    )
    for keyword, values in _CONSTANT_GROUPS:
        setattr(shared, keyword, [sequence_item(**values)])
    return shared


def _pixel_measures(geometry: Geometry) -> Dataset:
    plane = slice_plane(geometry, 0)
    return sequence_item(
        PixelSpacing=[decimal_string(value) for value in plane.pixel_spacing_mm],
        SliceThickness=decimal_string(geometry.spacing_mm[2]),
        SpacingBetweenSlices=decimal_string(geometry.spacing_mm[2]),
    )


def _orientation(geometry: Geometry) -> Dataset:
    cosines = slice_plane(geometry, 0).orientation
    return sequence_item(ImageOrientationPatient=[decimal_string(value) for value in cosines])


def _anatomy() -> Dataset:
    liver = codes.SCT.Liver
    region = sequence_item(
        CodeValue=liver.value,
        CodingSchemeDesignator=liver.scheme_designator,
        CodeMeaning=liver.meaning,
    )
    return sequence_item(FrameLaterality="U", AnatomicRegionSequence=[region])


def _timing(protocol: Protocol) -> Dataset:
    return sequence_item(
        RepetitionTime=decimal_string(protocol.repetition_time_ms),
        FlipAngle=decimal_string(protocol.flip_angle_deg),
        EchoTrainLength=str(len(protocol.echo_times_ms)),
        RFEchoTrainLength=0,
        GradientEchoTrainLength=len(protocol.echo_times_ms),
        GradientOutputType="DB_DT",
        GradientOutput=20.0,
        OperatingModeSequence=[
            sequence_item(OperatingModeType="STATIC FIELD", OperatingMode="IEC_NORMAL")
        ],
        SpecificAbsorptionRateSequence=[
            sequence_item(
                SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY", SpecificAbsorptionRateValue=0.1
            )
        ],
    )


def _field_of_view(geometry: Geometry) -> Dataset:
    columns, rows, slices = geometry.shape
    return sequence_item(
        InPlanePhaseEncodingDirection="COLUMN",
        MRAcquisitionFrequencyEncodingSteps=columns,
        MRAcquisitionPhaseEncodingStepsInPlane=rows,
        MRAcquisitionPhaseEncodingStepsOutOfPlane=slices,
        PercentSampling="100",
        PercentPhaseFieldOfView="100",
    )


def _imaging_modifier(protocol: Protocol) -> Dataset:
    return sequence_item(
        MagnetizationTransfer="NONE",
        BloodSignalNulling="NO",
        Tagging="NONE",
        TransmitterFrequency=[protocol.imaging_frequency_mhz],
        PixelBandwidth="1000",
    )
