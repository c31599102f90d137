"""The one list of what is exported: a row a file, one module a format."""

from __future__ import annotations

from pathlib import Path

from analysis.export.csv_table import CSV_EXPORTER
from analysis.export.dicom import DICOM_EXPORTERS
from analysis.export.dicom.encapsulated_pdf import ENCAPSULATED_PDF_EXPORTER
from analysis.export.dicom.segmentation import SEGMENTATION_EXPORTER
from analysis.export.dicom.structured_report import STRUCTURED_REPORT_EXPORTER
from analysis.export.exported_file import ExportedFile, Exporter, ExportRequest, write_files
from analysis.export.html_report import HTML_EXPORTER
from analysis.export.json_report import JSON_EXPORTER
from analysis.export.nifti import NIFTI_EXPORTERS
from analysis.export.pdf_report import PDF_EXPORTER
from analysis.measurement import MapSet
from analysis.report import LiverReport
from analysis.segmentation import Segmentation
from analysis.study import SelectedSeries

EXPORTERS: tuple[Exporter, ...] = (
    JSON_EXPORTER,
    HTML_EXPORTER,
    PDF_EXPORTER,
    CSV_EXPORTER,
    *NIFTI_EXPORTERS,
    *DICOM_EXPORTERS,
)

# Of a version with a corrected mask: all that depends on the mask. The maps are those of the run.
CORRECTED_EXPORTERS: tuple[Exporter, ...] = (
    JSON_EXPORTER,
    HTML_EXPORTER,
    PDF_EXPORTER,
    CSV_EXPORTER,
    *(row for row in NIFTI_EXPORTERS if row.name == "segments.nii.gz"),
    SEGMENTATION_EXPORTER,
    STRUCTURED_REPORT_EXPORTER,
    ENCAPSULATED_PDF_EXPORTER,
)


def export_all(
    report: LiverReport,
    selected: SelectedSeries,
    segmentation: Segmentation,
    maps: MapSet,
    folder: Path,
) -> tuple[ExportedFile, ...]:
    """Write the report, the maps and the labels of a study in every format that it has data for.

    Parameters
    ----------
    report, selected, segmentation, maps
        Results of the stages for one study, on one grid.
    folder
        Made if it is missing; files of an earlier run are replaced whole.

    Returns
    -------
    One entry a written file, in the order of ``EXPORTERS``. The same input gives the same bytes.

    Raises
    ------
    OutputFailed
        If the files cannot be written; nothing half-written is left.
    GeometryMismatch
        If the images do not lie on one grid.
    """
    return _export(EXPORTERS, ExportRequest(report, selected, segmentation, maps), folder)


def export_corrected(request: ExportRequest, folder: Path) -> tuple[ExportedFile, ...]:
    """Write the files of a version whose outline of the liver a reader corrected.

    Parameters
    ----------
    request
        Numbers and labels of the correction, images of the run.
    folder
        Made if it is missing; files of an earlier version are replaced whole.

    Returns
    -------
    One entry a written file, in the order of ``CORRECTED_EXPORTERS``.

    Raises
    ------
    OutputFailed
        If the files cannot be written; nothing half-written is left.
    """
    return _export(CORRECTED_EXPORTERS, request, folder)


def _export(
    rows: tuple[Exporter, ...], request: ExportRequest, folder: Path
) -> tuple[ExportedFile, ...]:
    rendered = ((row, row.render(request)) for row in rows)
    files = [(row, content) for row, content in rendered if content is not None]
    return write_files(files, folder)
