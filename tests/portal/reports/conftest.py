"""A small analysed study with known truth, stored as a finished run stores it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from django.utils import timezone

from analysis.export.exporters import export_all
from analysis.findings import Finding, Severity
from analysis.measurement import MapSet
from analysis.quantification import quantify
from analysis.quantities import LIC, MR_SIGNAL, PDFF, R2STAR, Quantity
from analysis.report import LiverReport, build_report
from analysis.segmentation import ModelUse, Segmentation
from analysis.study import Acquisition, Role, SelectedSeries, SeriesChoice, StudyDescription
from analysis.volume import Geometry, LabelMap, QuantityMap, Volume
from portal.reports.models import Report
from portal.reports.services import create_report
from portal.runs import manifest, storage
from portal.runs.codec import write_value
from portal.runs.models import AnalysisRun, Artefact, RunState, StageRun, StageState
from portal.runs.outcomes import media_type
from portal.runs.pipeline import STAGES
from portal.studies.models import Study
from tests.portal.conftest import Cast
from tests.portal.runs.conftest import upload_study

SHAPE = (40, 36, 14)
# Left, posterior, superior: two axes run against RAS, as in DICOM.
AFFINE = np.diag([-5.0, -5.0, 6.0, 1.0]) + np.array(
    [[0, 0, 0, 100.0], [0, 0, 0, 90.0], [0, 0, 0, -40.0], [0, 0, 0, 0]]
)
GEOMETRY = Geometry(SHAPE, AFFINE)
TRUE_PDFF = 12.0
TRUE_R2STAR = 45.0


@dataclass(frozen=True, slots=True, eq=False)
class Analysed:
    """Results of the stages of one study."""

    selected: SelectedSeries
    segmentation: Segmentation
    maps: MapSet
    report: LiverReport


def labels() -> npt.NDArray[np.uint8]:
    """A ball of liver in eight wedges: the index of the segment grows with the angle."""
    i, j, k = np.indices(SHAPE)
    x, y, z = (i - 20) / 12, (j - 18) / 11, (k - 7) / 5.5
    wedge = np.floor((np.arctan2(y, x) + np.pi) / (2 * np.pi) * 8).astype(np.uint8) % 8 + 1
    return np.where(x**2 + y**2 + z**2 < 1, wedge, 0).astype(np.uint8)


def quantity_map(quantity: Quantity, values: npt.NDArray[np.float64], error: float) -> QuantityMap:
    valid = np.ones(SHAPE, dtype=bool)
    valid[20, 18, 7] = False  # one voxel of the liver could not be fitted
    return QuantityMap(
        Volume(values.astype(np.float32), GEOMETRY, quantity),
        valid,
        np.full(SHAPE, error, dtype=np.float32),
        "known by construction",
    )


def analysed(
    *, findings: tuple[Finding, ...] = (), field_strength_t: float | None = 3.0
) -> Analysed:
    """Return results with PDFF rising by a point a slice and R2* the same everywhere."""
    rng = np.random.default_rng(7)
    segments = labels()
    pdff = TRUE_PDFF + (np.indices(SHAPE)[2] - 7.0)
    anatomy = np.where(segments > 0, 400.0, 150.0) + rng.normal(0, 10, SHAPE)
    maps = [
        quantity_map(PDFF, pdff, 0.8),
        quantity_map(R2STAR, np.full(SHAPE, TRUE_R2STAR), 2.0),
    ]
    if field_strength_t:
        maps.append(quantity_map(LIC, np.full(SHAPE, 0.6), 0.1))
    map_set = MapSet(tuple(maps), "known by construction", (("Echoes", "6"),), ())
    acquisition = Acquisition(manufacturer="Lobule", model="Simulator")
    if field_strength_t:
        acquisition = Acquisition("Lobule", "Simulator", field_strength_t=field_strength_t)
    selected = SelectedSeries(
        description=StudyDescription("1.2.3", "S-1", "2026-11-02", "Liver"),
        acquisition=acquisition,
        echoes=None,
        vendor_maps=(),
        anatomical_image=Volume(anatomy.astype(np.float32), GEOMETRY, MR_SIGNAL),
        choices=(
            SeriesChoice("1.2.3.4", 4, "6-echo GRE", Role.MULTI_ECHO, True, "Six echoes."),
            SeriesChoice("1.2.3.1", 1, "Localizer", Role.OTHER, False, "A localizer."),
        ),
        findings=findings,
    )
    model = ModelUse("couinaud", "1.0", "ab" * 32, "onnxruntime 1.31.1", "CPU")
    segmentation = Segmentation(LabelMap(segments, GEOMETRY), 0.95, None, (model,), ())
    quantification = quantify(map_set, segmentation.labels)
    report = build_report(selected, segmentation, map_set, quantification)
    return Analysed(selected, segmentation, map_set, report)


CRITICAL = Finding(
    "t1-bias",
    Severity.CRITICAL,
    "The flip angle is so high that fat is overestimated.",
    "flip angle 20°, TR 8 ms",
    "Repeat the scan with a flip angle of 5° or less.",
)


def write_files(results: Analysed, folder: Path) -> Path:
    """Write what the last stage writes; made once a session, as pictures and pages take seconds."""
    export_all(results.report, results.selected, results.segmentation, results.maps, folder)
    return folder


def store(study: Study, results: Analysed, user_id: object, files_made: Path) -> AnalysisRun:
    """Write results as the stages of a finished run do; the run's own tests prove that they do."""
    now = timezone.now()
    run = AnalysisRun.objects.create(
        study=study, created_by_id=user_id, state=RunState.SUCCEEDED, finished_at=now
    )
    values = {
        "select": results.selected,
        "segment": results.segmentation,
        "map": results.maps,
        "report": results.report,
    }
    for position, stage in enumerate(STAGES):
        row = StageRun.objects.create(
            run=run,
            stage=stage.name,
            position=position,
            state=StageState.SUCCEEDED,
            fencing_token=1,
            attempts=1,
            started_at=now - timedelta(seconds=2),
            finished_at=now,
            progress=1.0,
        )
        folder = storage.claim_folder(run.pk, stage.name, 1)
        if stage.name in values:
            row.output_sha256 = write_value(values[stage.name], stage.output, folder)
            row.save(update_fields=["output_sha256"])
    files = storage.claim_folder(run.pk, "export", 1) / storage.FILES
    shutil.copytree(files_made, files)
    for record in manifest.file_records(files):
        Artefact.objects.create(
            run=run,
            stage="export",
            name=record.path,
            media_type=media_type(record.path),
            sha256=record.sha256,
            size_bytes=record.size_bytes,
            path=storage.relative(files / record.path),
        )
    return run


@pytest.fixture(scope="session")
def results() -> Analysed:
    return analysed()


@pytest.fixture(scope="session")
def files_made(results: Analysed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(results, tmp_path_factory.mktemp("files") / "all")


@pytest.fixture
def study(cast: Cast) -> Study:
    return upload_study(cast.north, cast.uma, {"a/one.dcm": b"one"})


@pytest.fixture
def run(cast: Cast, study: Study, results: Analysed, files_made: Path) -> AnalysisRun:
    return store(study, results, cast.uma.pk, files_made)


@pytest.fixture
def report(run: AnalysisRun) -> Report:
    return create_report(run)


@pytest.fixture
def report_of(cast: Cast, tmp_path: Path) -> Callable[..., Report]:
    """Return a report of a study of its own, of the given results."""

    def made(results: Analysed, subject: str = "S-9") -> Report:
        study = upload_study(cast.north, cast.uma, {"b/two.dcm": subject.encode()}, subject)
        files = write_files(results, tmp_path / subject)
        return create_report(store(study, results, cast.uma.pk, files))

    return made
