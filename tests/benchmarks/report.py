"""Time and errors from maps to files: quantify, build the report, write every export.

Run ``python -m tests.benchmarks.report [--small] [--out FOLDER] [--seeds N]``. Prints one JSON line
a row: the time of each step, and per quantity the error of the liver mean against the simulator's
truth beside the standard error that the report states. The print is timed in new processes as
well: the first one of a process with a sign-off, without and with the change since an earlier
visit, and with the trends of a subject with many visits besides; apart from it the imports, which a
web server does before it takes visitors.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from analysis.anatomy import LIVER
from analysis.change.trend import build_trend
from analysis.export.exported_file import ExportRequest
from analysis.export.exporters import EXPORTERS, export_all
from analysis.export.page_tables import Table
from analysis.export.printed_change import PrintedChange
from analysis.export.printed_sign_off import PrintedSignOff
from analysis.export.trend_drawing import TrendDrawing, draw_trend
from analysis.maps.mapping import compute_maps
from analysis.quantification import quantify
from analysis.quantities import LIC, MR_SIGNAL, PDFF, R2STAR, VOLUME
from analysis.report import LiverReport, build_report
from analysis.segmentation import ModelUse, Segmentation
from analysis.simulation.phantom import simulate, small_phantom
from analysis.simulation.simulated_study import SimulatedStudy
from analysis.simulation.spec import PhantomSpec
from analysis.study import Acquisition, SelectedSeries, StudyDescription
from analysis.volume import Volume

FIRST_PRINT = """
import json, pathlib, pickle, sys, time
started = time.perf_counter()
from analysis.export.pdf_report import page_count, render_pdf
loaded = time.perf_counter()
request, sign_off = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())
ready = time.perf_counter()
pages = page_count(render_pdf(request, sign_off))
done = time.perf_counter()
row = {"seconds": done - ready, "imports": loaded - started}
print(json.dumps({name: round(value, 3) for name, value in row.items()} | {"pages": pages}))
"""
VISITS = 8
CHANGE = PrintedChange(
    since="Baseline",
    problem="",
    findings=(),
    response="PDFF fell by 30 % or more of its first value.",
    liver=Table(
        ("Whole liver", "Baseline", "This visit", "Change", "Relative", "Real beyond", "Verdict"),
        tuple(
            (name, "18.0 %", "12.0 %", "-6.0 % ± 0.1 %", "-33 %", "± 1.8 %", "real fall")
            for name in ("PDFF", "R2*", "LIC", "Volume")
        ),
    ),
    sources=(("PDFF", "PMC4819976"),),
    segments=Table(
        ("Segment", "PDFF", "R2*", "LIC"),
        tuple((str(n), "-6.0 % fall", "0.3 s⁻¹ none", "0.01 mg/g none") for n in range(1, 9)),
    ),
    segments_note="A made-up change, for the time it takes.",
)


def select(study: SimulatedStudy) -> SelectedSeries:
    protocol = study.spec.protocol
    return SelectedSeries(
        description=StudyDescription("2.25.1", "", "2026-01-02", "Simulated liver"),
        acquisition=Acquisition(
            manufacturer="Lobule simulator",
            field_strength_t=protocol.field_strength_t,
            imaging_frequency_mhz=protocol.imaging_frequency_mhz,
            repetition_time_ms=protocol.repetition_time_ms,
            flip_angle_deg=protocol.flip_angle_deg,
        ),
        echoes=study.echoes,
        vendor_maps=(),
        anatomical_image=Volume(
            np.round(study.echoes.magnitude[0] * 1000), study.echoes.geometry, MR_SIGNAL
        ),
        choices=(),
        findings=(),
    )


def run(spec: PhantomSpec, folder: Path) -> list[dict[str, object]]:
    study = simulate(spec)
    selected = select(study)
    model = ModelUse("truth of the simulator", "1", "0" * 64, "none", "CPU")
    segmentation = Segmentation(study.truth.segments, None, None, (model,), ())
    rows: list[dict[str, object]] = []

    def note(step: str, started: float) -> None:
        rows.append({"step": step, "seconds": round(time.perf_counter() - started, 3)})

    started = time.perf_counter()
    maps = compute_maps(selected)
    note("compute_maps", started)
    started = time.perf_counter()
    measured = quantify(maps, segmentation.labels)
    note("quantify", started)
    report = build_report(selected, segmentation, maps, measured)
    request = ExportRequest(report, selected, segmentation, maps)
    for exporter in EXPORTERS:
        started = time.perf_counter()
        if exporter.render(request) is not None:
            note(f"render {exporter.name}", started)
    started = time.perf_counter()
    export_all(report, selected, segmentation, maps, folder)
    note("export_all", started)
    started = time.perf_counter()
    trends = trends_of(visits_like(report))
    note(f"draw {len(trends)} trends of {VISITS} visits", started)
    rows += first_prints(request, folder, trends)
    return rows + errors(report, study)


def visits_like(report: LiverReport) -> list[LiverReport]:
    """Return a subject's visits, a half-year apart: the values of the report, falling by 4 %."""
    visits = []
    for n in range(VISITS):
        uid, date = f"2.25.{n + 1}", f"{2026 + n // 2}-{1 + 6 * (n % 2):02d}-02"
        visits.append(
            replace(
                report,
                description=replace(report.description, study_instance_uid=uid, study_date=date),
                measurements=tuple(
                    replace(each, value=each.value * (1 - 0.04 * n)) for each in report.measurements
                ),
            )
        )
    return visits


def trends_of(visits: list[LiverReport]) -> tuple[TrendDrawing, ...]:
    names = [f"Visit {n + 1}, {visit.description.study_date}" for n, visit in enumerate(visits)]
    drawn = (
        draw_trend(build_trend(visits, quantity.key, LIVER.key), names, VISITS - 1)
        for quantity in (PDFF, R2STAR, LIC, VOLUME)
    )
    return tuple(each for each in drawn if each is not None)


def first_prints(
    request: ExportRequest, folder: Path, trends: tuple[TrendDrawing, ...]
) -> list[dict[str, object]]:
    """Print in processes that have not printed before."""
    rows: list[dict[str, object]] = []
    for name, change in (
        ("", None),
        (" with change", CHANGE),
        (f" with change and trends of {VISITS} visits", replace(CHANGE, trends=trends)),
    ):
        stored = folder / "print-request.pickle"
        stored.write_bytes(pickle.dumps((request, sign_off(change))))
        command = [sys.executable, "-c", FIRST_PRINT, str(stored)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        stored.unlink()
        rows.append({"step": f"first print of a process{name}"} | json.loads(done.stdout))
    return rows


def sign_off(change: PrintedChange | None) -> PrintedSignOff:
    return PrintedSignOff(
        version="Version 1, by the analysis.",
        impression="Mean liver PDFF as measured.",
        regions=None,
        signatures=(),
        check="",
        code=(),
        change=change,
    )


def errors(report: LiverReport, study: SimulatedStudy) -> list[dict[str, object]]:
    """The liver means against the truth over the same voxels."""
    inside = study.truth.segments.liver
    rows: list[dict[str, object]] = []
    for truth in (study.truth.pdff, study.truth.r2star):
        mean = report.get(truth.quantity.key, "liver")
        if mean is None or mean.standard_error is None:
            continue
        expected = float(truth.volume.array[inside].mean())
        rows.append(
            {
                "quantity": truth.quantity.key,
                "truth": round(expected, 3),
                "measured": round(mean.value, 3),
                "error": round(mean.value - expected, 3),
                "standard_error": round(mean.standard_error, 3),
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="64x48x16 instead of 256x256x40")
    parser.add_argument("--out", type=Path, help="keep the files of the last run here")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for seed in range(options.seeds):
            spec = small_phantom(seed) if options.small else PhantomSpec(seed=seed)
            for row in run(spec, options.out or Path(temporary)):
                print(json.dumps({"seed": seed} | row))


if __name__ == "__main__":
    main()
