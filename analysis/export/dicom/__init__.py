"""Results as DICOM objects that refer to the images they were made from."""

from __future__ import annotations

from analysis.export.dicom.encapsulated_pdf import ENCAPSULATED_PDF_EXPORTER
from analysis.export.dicom.parametric_map import PARAMETRIC_MAP_EXPORTERS
from analysis.export.dicom.segmentation import SEGMENTATION_EXPORTER
from analysis.export.dicom.structured_report import STRUCTURED_REPORT_EXPORTER
from analysis.export.exported_file import Exporter

DICOM_EXPORTERS: tuple[Exporter, ...] = (
    SEGMENTATION_EXPORTER,
    *PARAMETRIC_MAP_EXPORTERS,
    STRUCTURED_REPORT_EXPORTER,
    ENCAPSULATED_PDF_EXPORTER,
)
