"""The path of every study: the one list of stages, walked by workers, command line and tests.

Knows the types of analysis, and neither Django nor Celery. The functions are named here and loaded
where stages run: numba, highdicom and the inference engines cost seconds and hundreds of megabytes
that a web process does not need. ``tests/architecture`` holds the names to the types.
"""

from __future__ import annotations

from analysis.export.exported_file import ExportedFile
from analysis.measurement import MapSet, Quantification
from analysis.report import LiverReport
from analysis.segmentation import Segmentation
from analysis.study import IngestedStudy, SelectedSeries
from portal.runs.stage import Later, Queue, Stage

INGEST = Later("portal.runs.stage_functions", "ingest", IngestedStudy)
SELECT = Later("portal.runs.stage_functions", "select", SelectedSeries)
SEGMENT = Later("portal.runs.stage_functions", "segment", Segmentation)
COMPUTE = Later("portal.runs.stage_functions", "compute", MapSet)
MEASURE = Later("portal.runs.stage_functions", "measure", Quantification)
REPORT = Later("portal.runs.stage_functions", "report", LiverReport)
EXPORT = Later("portal.runs.stage_functions", "export", tuple[ExportedFile, ...])

STAGES: tuple[Stage, ...] = (
    Stage("ingest", "Read the images", INGEST, (), Queue.CPU, 900, is_kept=False),
    Stage("select", "Choose the series", SELECT, ("ingest",), Queue.CPU, 300),
    Stage("segment", "Segment the liver", SEGMENT, ("select",), Queue.GPU, 1800),
    Stage("map", "Compute PDFF and R2* maps", COMPUTE, ("select",), Queue.CPU, 3600),
    Stage("quantify", "Measure", MEASURE, ("segment", "map"), Queue.CPU, 900),
    Stage(
        "report",
        "Build the report",
        REPORT,
        ("select", "segment", "map", "quantify"),
        Queue.CPU,
        300,
    ),
    Stage(
        "export",
        "Write the results",
        EXPORT,
        ("report", "select", "segment", "map"),
        Queue.CPU,
        900,
    ),
)


def find_stage(name: str) -> Stage:
    """Return the stage of that name."""
    return next(stage for stage in STAGES if stage.name == name)
