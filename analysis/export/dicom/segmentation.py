"""Liver and Couinaud segments as a DICOM Segmentation (binary, one segment a structure)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from highdicom import AlgorithmIdentificationSequence
from highdicom.color import CIELabColor
from highdicom.seg import (
    SegmentAlgorithmTypeValues,
    Segmentation,
    SegmentationTypeValues,
    SegmentDescription,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian, SegmentationStorage

from analysis.anatomy import LIVER, SEGMENTS, Structure
from analysis.export.dicom.identity import (
    MANUFACTURER,
    MODEL_NAME,
    SERIAL_NUMBER,
    ObjectIdentity,
    identify,
    make_reproducible,
    software_versions,
    to_bytes,
    tracking_uid,
)
from analysis.export.dicom.source_images import source_images
from analysis.export.exported_file import Exporter, ExportRequest
from analysis.report import LiverReport
from analysis.volume import LabelMap

FILE_NAME = "segments.dcm"
SERIES_NUMBER = 9001
MEDIA_TYPE = "application/dicom"


def present_structures(labels: LabelMap) -> tuple[tuple[int, Structure], ...]:
    """Return (segment number, structure) of the whole liver's segments that exist, renumbered.

    Segment numbers in a DICOM Segmentation start at 1 and have no gaps.

    Parameters
    ----------
    labels
        Couinaud segments.
    """
    found = [segment for segment in SEGMENTS if (labels.array == segment.label).any()]
    return tuple(enumerate((*found, LIVER), start=1)) if found else ()


def build_segmentation(request: ExportRequest) -> Segmentation | None:
    """Return the labels as a DICOM Segmentation, or None without DICOM images behind them.

    Parameters
    ----------
    request
        Labels, models and the images referred to.

    References
    ----------
    PS3.3 A.51; types of structure: PS3.16 CID 7151.
    """
    images = source_images(request)
    structures = present_structures(request.labels)
    if images is None or not structures:
        return None
    identity = identify(request, FILE_NAME, SERIES_NUMBER)
    segmentation = Segmentation(
        source_images=images,
        pixel_array=_frames(request.labels, structures),
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=[
            _describe(number, s, request.report, identity) for number, s in structures
        ],
        series_instance_uid=identity.series_instance_uid,
        series_number=identity.series_number,
        sop_instance_uid=identity.sop_instance_uid,
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MODEL_NAME,
        software_versions=software_versions(request),
        device_serial_number=SERIAL_NUMBER,
        content_label="LIVER_SEGMENTS",
        content_description="Liver and Couinaud segments",
        series_description="Liver segments (Lobule)",
        transfer_syntax_uid=ExplicitVRLittleEndian,
    )
    make_reproducible(segmentation, request)
    return segmentation


def segmentation_reference(request: ExportRequest, image: Dataset) -> Dataset:
    """Return what another object needs to refer to the Segmentation of a study.

    Parameters
    ----------
    request
        What is exported.
    image
        A header of the images, for patient and study.
    """
    identity = identify(request, FILE_NAME, SERIES_NUMBER)
    reference = Dataset()
    reference.update(image)
    reference.SOPClassUID = SegmentationStorage
    reference.SOPInstanceUID = identity.sop_instance_uid
    reference.SeriesInstanceUID = identity.series_instance_uid
    reference.Modality = "SEG"
    return reference


def _frames(
    labels: LabelMap, structures: tuple[tuple[int, Structure], ...]
) -> npt.NDArray[np.uint8]:
    """Return (slice, row, column, segment), rows along the second axis of the grid."""
    planes = labels.array.transpose(2, 1, 0)
    masks = [planes > 0 if s is LIVER else planes == s.label for _, s in structures]
    return np.stack(masks, axis=-1).astype(np.uint8)


def _describe(
    number: int, structure: Structure, report: LiverReport, identity: ObjectIdentity
) -> SegmentDescription:
    model = report.models[-1] if report.models else None
    algorithm = AlgorithmIdentificationSequence(
        name=model.name if model else "unknown",
        family=codes.DCM.ArtificialIntelligence,
        version=model.version if model else "unknown",
    )
    return SegmentDescription(
        segment_number=number,
        segment_label=structure.name,
        segmented_property_category=codes.SCT.AnatomicalStructure,
        segmented_property_type=Code(structure.snomed, "SCT", structure.snomed_meaning),
        algorithm_type=SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=algorithm,
        tracking_id=structure.key,
        tracking_uid=tracking_uid(identity.sop_instance_uid, structure.key),
        display_color=CIELabColor.from_rgb(*structure.colour),
    )


def _render(request: ExportRequest) -> bytes | None:
    segmentation: Dataset | None = build_segmentation(request)
    return None if segmentation is None else to_bytes(segmentation)


SEGMENTATION_EXPORTER = Exporter(
    FILE_NAME, MEDIA_TYPE, "Liver and Couinaud segments as DICOM Segmentation", _render
)
