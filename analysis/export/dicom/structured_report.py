"""The measurements as a DICOM Structured Report (TID 1500), one group a region."""

from __future__ import annotations

from highdicom.sr import (
    AlgorithmIdentification,
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    ReferencedSegment,
    SourceSeriesForSegmentation,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from highdicom.sr import Measurement as CodedMeasurement
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from analysis.anatomy import LIVER, PARTS_OF_4, Structure
from analysis.export.dicom.identity import (
    MANUFACTURER,
    MODEL_NAME,
    SERIAL_NUMBER,
    ObjectIdentity,
    declare_private_codes,
    identify,
    make_reproducible,
    software_versions,
    to_bytes,
    tracking_uid,
)
from analysis.export.dicom.parametric_map import quantity_code, unit_code
from analysis.export.dicom.segmentation import present_structures, segmentation_reference
from analysis.export.dicom.source_images import source_images
from analysis.export.exported_file import Exporter, ExportRequest
from analysis.heterogeneity import FEATURE_BY_NAME
from analysis.measurement import Measurement, Statistic
from analysis.quantities import BY_KEY as QUANTITIES
from analysis.quantities import LIC, PDFF, R2STAR, T2STAR, VOLUME

FILE_NAME = "measurements.dcm"
SERIES_NUMBER = 9021
REPORTED = (PDFF.key, R2STAR.key, T2STAR.key, LIC.key)
# The whole liver has every statistic with a code; a segment those that viewers put into a table.
SEGMENT_STATISTICS = (Statistic.MEAN, Statistic.MEDIAN, Statistic.STANDARD_DEVIATION)


def build_structured_report(request: ExportRequest) -> Comprehensive3DSR | None:
    """Return the measurements as a Structured Report, or None without DICOM images behind them.

    Each region of the Segmentation has its volume and the statistics that DICOM has a code for, the
    whole liver all of them. IVa and IVb, which the Segmentation does not hold, are groups that name
    their site alone. Values are the report's, unrounded.

    Parameters
    ----------
    request
        Report, labels and the images referred to.

    References
    ----------
    PS3.16 TID 1500, TID 1411, TID 1501; derivations: CID 226 and CID 7464.
    """
    images, structures = source_images(request), present_structures(request.labels)
    if images is None or not structures:
        return None
    segmentation = segmentation_reference(request, images[0])
    identity = identify(request, FILE_NAME, SERIES_NUMBER)
    content = MeasurementReport(
        observation_context=_observer(request, identity),
        procedure_reported=codes.CID100.MRIUnspecifiedBodyRegion,
        imaging_measurements=[
            _group(request, segmentation, images[0].SeriesInstanceUID, number, structure)
            for number, structure in structures
        ]
        + [
            _part_group(request, segmentation, structure)
            for structure in PARTS_OF_4
            if _reported(request, structure)
        ],
        title=codes.DCM.ImagingMeasurementReport,
    )
    report = Comprehensive3DSR(
        evidence=[segmentation, *images],
        content=content,
        series_instance_uid=identity.series_instance_uid,
        series_number=identity.series_number,
        sop_instance_uid=identity.sop_instance_uid,
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=False,
        series_description="Liver measurements (Lobule)",
    )
    declare_private_codes(report)
    make_reproducible(report, request)
    return report


def _observer(request: ExportRequest, identity: ObjectIdentity) -> ObservationContext:
    device = DeviceObserverIdentifyingAttributes(
        uid=identity.series_instance_uid,
        name=MANUFACTURER,
        manufacturer_name=MANUFACTURER,
        model_name=f"{MODEL_NAME} {software_versions(request)}",
        serial_number=SERIAL_NUMBER,
    )
    return ObservationContext(
        observer_device_context=ObserverContext(
            observer_type=codes.DCM.Device, observer_identifying_attributes=device
        )
    )


def _group(
    request: ExportRequest,
    segmentation: Dataset,
    source_series_uid: str,
    number: int,
    structure: Structure,
) -> VolumetricROIMeasurementsAndQualitativeEvaluations:
    site = Code(structure.snomed, "SCT", structure.snomed_meaning)
    return VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=tracking_uid(segmentation.SOPInstanceUID, structure.key), identifier=structure.key
        ),
        referenced_segment=ReferencedSegment(
            segmentation.SOPClassUID,
            segmentation.SOPInstanceUID,
            number,
            source_series=SourceSeriesForSegmentation(source_series_uid),
        ),
        finding_type=site,
        finding_sites=[FindingSite(anatomic_location=site)],
        measurements=_reported(request, structure),
        algorithm_id=_algorithm(request),
    )


def _part_group(
    request: ExportRequest, segmentation: Dataset, structure: Structure
) -> MeasurementsAndQualitativeEvaluations:
    site = Code(structure.snomed, "SCT", structure.snomed_meaning)
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=tracking_uid(segmentation.SOPInstanceUID, structure.key), identifier=structure.key
        ),
        finding_type=site,
        finding_sites=[FindingSite(anatomic_location=site)],
        measurements=_reported(request, structure),
        algorithm_id=_algorithm(request),
    )


def _reported(request: ExportRequest, structure: Structure) -> list[CodedMeasurement]:
    return [
        _coded(measurement)
        for measurement in request.report.measurements
        if measurement.region == structure.key and _is_reported(measurement)
    ]


def _algorithm(request: ExportRequest) -> AlgorithmIdentification:
    return AlgorithmIdentification(
        name=request.report.fit_method[:64] or MANUFACTURER, version=software_versions(request)
    )


def _is_reported(measurement: Measurement) -> bool:
    if (measurement.quantity, measurement.statistic) == (VOLUME.key, Statistic.TOTAL):
        return True
    if measurement.quantity not in REPORTED or _derivation(measurement) is None:
        return False
    return measurement.region == LIVER.key or measurement.statistic in SEGMENT_STATISTICS


def _derivation(measurement: Measurement) -> Code | None:
    feature = FEATURE_BY_NAME.get(measurement.statistic)
    if feature is None or feature.dicom is None:
        return None
    return Code(*feature.dicom)


def _coded(measurement: Measurement) -> CodedMeasurement:
    return CodedMeasurement(
        name=quantity_code(QUANTITIES[measurement.quantity]),
        value=measurement.value,
        unit=unit_code(measurement.shown_as),
        derivation=_derivation(measurement),
    )


def _render(request: ExportRequest) -> bytes | None:
    report: Dataset | None = build_structured_report(request)
    return None if report is None else to_bytes(report)


STRUCTURED_REPORT_EXPORTER = Exporter(
    FILE_NAME, "application/dicom", "Measurements as DICOM Structured Report (TID 1500)", _render
)
