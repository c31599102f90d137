"""The images that a DICOM object refers to, as the headers that highdicom wants.

The headers are built from what ingest read safely, never from the received files: identifiers,
the pseudonym, and the grid. Here RAS+ becomes DICOM's LPS+.
"""

from __future__ import annotations

import numpy as np
from pydicom.config import IGNORE
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from analysis.export.exported_file import ExportRequest
from analysis.study import SelectedSeries, SourceSeries
from analysis.volume import Geometry

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])


def source_images(request: ExportRequest) -> list[Dataset] | None:
    """Return one header a slice along the third axis; None without DICOM images of valid names.

    Parameters
    ----------
    request
        Whose ``selected.source`` names the images.
    """
    selected = request.selected
    source, geometry = selected.source, request.labels.geometry
    if source is None or len(source.sop_instance_uids) != geometry.shape[2]:
        return None
    if not all(UID(uid, IGNORE).is_valid for uid in _identifiers(selected, source)):
        return None
    return [_header(selected, source, geometry, k) for k in range(geometry.shape[2])]


def _identifiers(selected: SelectedSeries, source: SourceSeries) -> tuple[str, ...]:
    return (
        selected.description.study_instance_uid,
        source.series_instance_uid,
        source.frame_of_reference_uid,
        source.sop_class_uid,
        *source.sop_instance_uids,
    )


def _header(selected: SelectedSeries, source: SourceSeries, geometry: Geometry, k: int) -> Dataset:
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.SpecificCharacterSet = "ISO_IR 192"
    header.SOPClassUID = source.sop_class_uid
    header.SOPInstanceUID = source.sop_instance_uids[k]
    header.StudyInstanceUID = selected.description.study_instance_uid
    header.SeriesInstanceUID = source.series_instance_uid
    header.FrameOfReferenceUID = source.frame_of_reference_uid
    header.PositionReferenceIndicator = ""
    header.Modality = "MR"
    header.InstanceNumber = k + 1
    _add_study(header, selected)
    _add_plane(header, geometry, k)
    return header


def _add_study(header: Dataset, selected: SelectedSeries) -> None:
    description = selected.description
    header.PatientID = description.patient_id
    # The caret says that the pseudonym is a name of one component (PS3.5 6.2.1.2).
    header.PatientName = f"{description.patient_id}^" if description.patient_id else ""
    header.PatientBirthDate = ""
    header.PatientSex = ""
    header.StudyDate = description.study_date.replace("-", "")
    header.StudyTime = ""
    header.StudyID = ""
    header.AccessionNumber = ""
    header.ReferringPhysicianName = ""
    header.StudyDescription = description.description[:64]


def _add_plane(header: Dataset, geometry: Geometry, k: int) -> None:
    axes = RAS_TO_LPS @ geometry.affine[:3, :3]
    spacing = geometry.spacing_mm
    # Columns follow the first axis of the grid, rows the second.
    along_row, along_column = axes[:, 0] / spacing[0], axes[:, 1] / spacing[1]
    position = RAS_TO_LPS @ (geometry.affine @ np.array([0.0, 0.0, k, 1.0]))[:3]
    header.ImageOrientationPatient = [_decimal(v) for v in (*along_row, *along_column)]
    header.ImagePositionPatient = [_decimal(v) for v in position]
    header.PixelSpacing = [_decimal(spacing[1]), _decimal(spacing[0])]
    header.SliceThickness = _decimal(spacing[2])
    header.SpacingBetweenSlices = _decimal(spacing[2])
    header.Rows, header.Columns = geometry.shape[1], geometry.shape[0]


def _decimal(value: float) -> float:
    """Round to what a decimal string of 16 characters can hold."""
    return round(float(value), 8) + 0.0
