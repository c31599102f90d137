"""What each stage of the path calls; loaded by those who run stages, not by the web.

Knows analysis and inference, and neither Django nor Celery.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.export.exported_file import ExportedFile
from analysis.export.exporters import export_all
from analysis.ingest.options import ReadOptions
from analysis.ingest.study_reader import read_study
from analysis.maps.mapping import MapOptions, compute_maps
from analysis.measurement import MapSet, Quantification
from analysis.quantification import quantify
from analysis.quantities import MR_SIGNAL
from analysis.report import LiverReport, build_report
from analysis.segmentation import Segmentation
from analysis.series_selection import select_series
from analysis.signal.fat_spectrum import BY_KEY as SPECTRA
from analysis.study import IngestedStudy, Role, SelectedSeries
from analysis.volume import Volume
from inference.catalogue import MODELS_FOLDER, find
from inference.segmentation import segment_liver
from portal.runs.manifest import package_versions
from portal.runs.stage import StageJob

SEPARATED = (Role.WATER, Role.FAT, Role.IN_PHASE, Role.OPPOSED_PHASE)


def _counting(job: StageJob) -> Callable[[int], None]:
    """Return what turns "so many more files" into the done part of the reading."""
    total = max(1, sum(1 for path in job.source.rglob("*") if path.is_file()))
    read = 0

    def tell(more: int) -> None:
        nonlocal read
        read += more
        job.progress(min(read / total, 0.95), f"{read} files")

    return tell


def ingest(job: StageJob) -> IngestedStudy:
    options = ReadOptions(
        echo_times_ms=job.options.echo_times_ms, field_strength_t=job.options.field_strength_t
    )
    return read_study(job.source, options=options, on_progress=_counting(job))


def select(job: StageJob, study: IngestedStudy) -> SelectedSeries:
    return select_series(study)


def segment(job: StageJob, selected: SelectedSeries) -> Segmentation:
    name, _, version = job.options.model.partition(":")
    spec = find(name, version, MODELS_FOLDER, *job.models) if name else None
    image = selected.anatomical_image
    return segment_liver(image, companions_of(selected), device=job.options.device, spec=spec)


def companions_of(selected: SelectedSeries) -> tuple[Volume, ...]:
    """Return the further images on the grid of the one that is segmented: echoes, or Dixon images.

    Never a map: a liver outlined by its fat fraction would measure the fat it was chosen for.
    """
    image, echoes = selected.anatomical_image, selected.echoes
    if echoes is not None:
        others = [Volume(echo, echoes.geometry, MR_SIGNAL) for echo in echoes.magnitude]
    else:
        others = [m.volume for m in selected.vendor_maps if m.role in SEPARATED]
    return tuple(
        other
        for other in others
        if other.geometry.matches(image.geometry) and not np.array_equal(other.array, image.array)
    )


def compute(job: StageJob, selected: SelectedSeries) -> MapSet:
    return compute_maps(selected, MapOptions(spectrum=SPECTRA[job.options.spectrum]))


def measure(job: StageJob, segmentation: Segmentation, maps: MapSet) -> Quantification:
    return quantify(maps, segmentation.labels)


def report(
    job: StageJob,
    selected: SelectedSeries,
    segmentation: Segmentation,
    maps: MapSet,
    quantification: Quantification,
) -> LiverReport:
    return build_report(selected, segmentation, maps, quantification, software=package_versions())


def export(
    job: StageJob,
    liver_report: LiverReport,
    selected: SelectedSeries,
    segmentation: Segmentation,
    maps: MapSet,
) -> tuple[ExportedFile, ...]:
    return export_all(liver_report, selected, segmentation, maps, job.results)
