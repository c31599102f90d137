"""Time, memory and accuracy of ``manage.py analyse`` against the simulator's truth.

``python -m tests.benchmarks.analyse [--vendor siemens] [--seed 1]`` prints a table; each figure is
compared with the goal that the project set itself. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt

from analysis.anatomy import SEGMENTS
from tests.conftest import REPOSITORY

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure and the most (or least) it may be."""

    name: str
    value: float
    unit: str
    goal: float
    is_least: bool = False

    @property
    def is_reached(self) -> bool:
        return self.value >= self.goal if self.is_least else self.value <= self.goal

    def line(self) -> str:
        sign, verdict = "≥" if self.is_least else "≤", "reached" if self.is_reached else "MISSED"
        return f"{self.name:<52}{self.value:>9.2f} {self.unit:<10}{sign} {self.goal:<8g}{verdict}"


def manage(*arguments: str) -> float:
    """Run ``manage.py`` and return the seconds it took."""
    started = time.perf_counter()
    subprocess.run((sys.executable, "manage.py", *arguments), cwd=REPOSITORY, check=True)
    return time.perf_counter() - started


def voxels(path: Path) -> Array:
    return np.asarray(nibabel.load(path).dataobj, dtype=np.float64)


def costs(results: Path, seconds: float, images: int) -> list[Figure]:
    manifest: dict[str, Any] = json.loads((results / "manifest.json").read_text())
    by_stage = {stage["name"]: stage["seconds"] for stage in manifest["stages"]}
    for name, spent in by_stage.items():
        print(f"  {name:<10}{spent:>8.2f} s")
    memory = max(manifest["peak_memory_mb"], manifest["peak_child_memory_mb"])
    return [
        Figure("analyse, start of Python included", seconds, "s", 90),
        Figure("peak memory of the largest process", memory, "MB", 4000),
        Figure("ingest", images / by_stage["ingest"], "images/s", 300, is_least=True),
    ]


def accuracy(study: Path, results: Path) -> list[Figure]:
    """Compare the report with the truth, and each segment where its label is right."""
    true = json.loads((study / "truth.json").read_text())["regions"]["liver"]
    report = json.loads((results / "report.json").read_text())
    found = {
        row["quantity"]: row["value"]
        for row in report["measurements"]
        if row["region"] == "liver" and row["statistic"] in ("mean", "total")
    }
    pdff_error = abs(found["PDFF"] - true["PDFF"]["mean"])
    r2star_error = 100 * abs(found["R2*"] / true["R2*"]["mean"] - 1)
    volume_error = 100 * abs(found["volume"] / true["volume_ml"] - 1)
    labels, true_labels = (
        voxels(results / "segments.nii.gz"),
        voxels(study / "truth_segments.nii.gz"),
    )
    overlap = (
        2
        * np.sum((labels > 0) & (true_labels > 0))
        / np.sum((labels > 0) + 1.0 * (true_labels > 0))
    )
    print(
        f"  liver: PDFF {found['PDFF']:.2f} % (true {true['PDFF']['mean']:.2f}), "
        f"R2* {found['R2*']:.1f} /s (true {true['R2*']['mean']:.1f}), Dice {overlap:.3f}"
    )
    return [
        Figure("whole liver, error of mean PDFF", pdff_error, "points", 0.5),
        Figure("whole liver, error of mean R2*", r2star_error, "%", 3),
        Figure("whole liver, error of volume", volume_error, "%", 15),
        Figure("whole liver, Dice of the mask", float(overlap), "", 0.9, is_least=True),
        *segment_errors(study, results, labels, true_labels),
    ]


def segment_errors(study: Path, results: Path, labels: Array, true_labels: Array) -> list[Figure]:
    pdff, true_pdff = voxels(results / "pdff.nii.gz"), voxels(study / "truth_pdff.nii.gz")
    figures = []
    for segment in SEGMENTS:
        right = (labels == segment.label) & (true_labels == segment.label) & np.isfinite(pdff)
        share = 100 * np.sum(right) / max(1, np.sum(true_labels == segment.label))
        error = abs(pdff[right].mean() - true_pdff[right].mean()) if right.any() else float("nan")
        name = f"segment {segment.name}, error of PDFF where labelled right ({share:.0f} %)"
        figures.append(Figure(name, float(error), "points", 1.0))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vendor", default="siemens")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--with-phase", action="store_true")
    chosen = parser.parse_args()
    phase = "--with-phase" if chosen.with_phase else "--no-phase"
    with tempfile.TemporaryDirectory(prefix="lobule-bench-") as name:
        study, results = Path(name) / "study", Path(name) / "results"
        about = ("--vendor", chosen.vendor, "--field", "3", "--seed", chosen.seed, phase)
        manage("simulate", "--out", str(study), "--shape", "256,256,40", "--snr", "40", *about)
        images = sum(1 for path in (study / "dicom").rglob("*") if path.is_file())
        print(f"{images} images, 256 x 256 x 40, 6 echoes, 3 T, SNR 40, {chosen.vendor}, {phase}")
        seconds = manage("analyse", str(study / "dicom"), "--out", str(results))
        figures = [*costs(results, seconds, images), *accuracy(study, results)]
    print("\n".join(figure.line() for figure in figures))


if __name__ == "__main__":
    main()
