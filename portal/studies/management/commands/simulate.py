"""Make a study with known truth: ``python manage.py simulate --out DIR --vendor siemens``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import Progress

from analysis.errors import AnalysisError
from analysis.simulation.dicom.writer import BY_KEY as VENDORS
from analysis.simulation.dicom.writer import DicomOptions, image_count
from analysis.simulation.phantom import simulate
from analysis.simulation.simulated_study import SimulatedStudy
from analysis.simulation.spec import (
    Grid,
    Imperfections,
    LiverSpec,
    PhantomSpec,
    liver_protocol,
    true_field_t,
)
from analysis.simulation.study_folder import write_study_folder
from analysis.simulation.truth import truth_regions

NOT_WRITTEN = 2


def sizes(text: str) -> tuple[int, int, int]:
    try:
        columns, rows, slices = (int(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError("give columns,rows,slices like 256,256,40") from error
    return columns, rows, slices


def angles(text: str) -> tuple[float, float]:
    try:
        first, second = (float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError("give two angles in degrees like 8,5") from error
    return first, second


class Command(BaseCommand):
    help = "Simulate a liver MR study with known PDFF and R2*; write DIR/dicom and the truth."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", metavar="DIR", type=Path, required=True)
        parser.add_argument("--vendor", choices=sorted(VENDORS), default="siemens")
        parser.add_argument("--field", metavar="TESLA", type=float, choices=[1.5, 2.89, 3.0])
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--shape", metavar="I,J,K", type=sizes, default=(256, 256, 40))
        parser.add_argument("--tilt", metavar="A,B", type=angles, default=(0.0, 0.0))
        parser.add_argument("--snr", type=float, default=40.0)
        parser.add_argument("--pdff", metavar="PERCENT", type=float, default=12.0)
        parser.add_argument("--r2star", metavar="PER_S", type=float, help="default: healthy")
        parser.add_argument("--enhanced", action="store_true", help="multi-frame objects")
        phase = parser.add_mutually_exclusive_group()
        phase.add_argument("--with-phase", dest="phase", action="store_true", default=True)
        phase.add_argument("--no-phase", dest="phase", action="store_false")
        parser.add_argument("--real-imaginary", action="store_true", help="GE only")
        parser.add_argument("--with-vendor-maps", action="store_true")
        parser.add_argument("--no-extension", action="store_true", help="file names without .dcm")
        parser.add_argument("--progress", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            spec, dicom = phantom_spec(options), dicom_options(options)
        except ValueError as error:
            raise CommandError(f"{error}.", returncode=NOT_WRITTEN) from error
        study = simulate(spec)
        try:
            self._write(study, options["out"], dicom, show=options["progress"])
        except AnalysisError as error:
            self.stderr.write(f"{error.message} [{error.code}]", self.style.ERROR)
            sys.exit(NOT_WRITTEN)
        liver = truth_regions(study.truth)["liver"]
        self.stdout.write(
            f"Simulated liver: {liver['volume_ml']:.0f} ml, PDFF {liver['PDFF']['mean']:.2f} %, "
            f"R2* {liver['R2*']['mean']:.1f} /s. Written to {options['out']}"
        )

    def _write(self, study: SimulatedStudy, out: Path, dicom: DicomOptions, *, show: bool) -> None:
        with Progress(console=Console(stderr=True), disable=not show) as bar:
            task = bar.add_task("Writing images", total=image_count(study, dicom))
            write_study_folder(study, out, dicom, lambda count: bar.advance(task, count))


def phantom_spec(options: dict[str, Any]) -> PhantomSpec:
    field_t = true_field_t(options["vendor"], options["field"] or 3.0)
    return PhantomSpec(
        seed=options["seed"],
        protocol=liver_protocol(field_t),
        grid=Grid.covering(options["shape"], options["tilt"]),
        liver=LiverSpec(pdff_percent=options["pdff"], r2star_per_s=options["r2star"]),
        imperfections=Imperfections(snr=options["snr"]),
    )


def dicom_options(options: dict[str, Any]) -> DicomOptions:
    return DicomOptions(
        vendor=options["vendor"],
        is_enhanced=options["enhanced"],
        has_phase=options["phase"],
        has_real_imaginary=options["real_imaginary"],
        has_vendor_maps=options["with_vendor_maps"],
        has_extension=not options["no_extension"],
    )
