"""The whole path in this process, from a folder to a folder: no database, no queue, no web."""

from __future__ import annotations

import resource
from pathlib import Path

from analysis.errors import UnusableInput
from analysis.report import LiverReport
from analysis.wording import words
from portal.runs import manifest
from portal.runs.pipeline import STAGES
from portal.runs.results_folder import MANIFEST_FILE, new_results, writing
from portal.runs.stage import AnalyseOptions, Stage, StageJob, Watch, walk


def analyse(
    source: Path,
    folder: Path,
    options: AnalyseOptions,
    watch: Watch,
    stages: tuple[Stage, ...] = STAGES,
) -> LiverReport:
    """Analyse the images in ``source`` and write everything into ``folder``, or nothing.

    Raises
    ------
    AnalysisError
        With a sentence for the person who asked.
    """
    if not source.exists():
        raise UnusableInput(
            words(
                "%(source)s does not exist; give a folder or an archive with the images.",
                source=str(source),
            ),
            code="no-input",
        )
    with new_results(folder.absolute()) as results:
        job = StageJob(source=source, results=results, options=options)
        kept, records = walk(stages, job, watch, keep=frozenset({"report"}))
        report: LiverReport = kept["report"]
        made = manifest.Manifest(
            schema_version=manifest.SCHEMA_VERSION,
            created_at=manifest.now(),
            inputs=manifest.file_records(source),
            outputs=manifest.file_records(results),
            options=options,
            models=report.models,
            stages=records,
            packages=manifest.package_versions(),
            machine=manifest.machine(),
            peak_memory_mb=manifest.peak_memory_mb(),
            peak_child_memory_mb=manifest.peak_memory_mb(resource.RUSAGE_CHILDREN),
        )
        with writing(str(folder)):
            (results / MANIFEST_FILE).write_text(made.as_json(), encoding="utf-8")
    return report
