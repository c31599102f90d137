"""Install a model of another program: ``python manage.py import_model nnunet FOLDER``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.errors import AnalysisError
from inference.catalogue import MODELS_FOLDER
from inference.importers.installation import ForeignModel, install
from inference.importers.monai import read_monai
from inference.importers.nnunet import read_nnunet
from inference.packages import write_package
from inference.recipes import Orientation


def _read(options: dict[str, Any]) -> ForeignModel:
    if options["format"] == "monai":
        return read_monai(options["folder"], trust=options["trust"])
    return read_nnunet(
        options["folder"],
        trust=options["trust"],
        orientation=options["orientation"],
        mirror=options["mirror"],
    )


class Command(BaseCommand):
    help = "Turn a trained model into one that Lobule runs; the original is not changed."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("format", choices=["nnunet", "monai"])
        parser.add_argument("folder", metavar="FOLDER", type=Path)
        parser.add_argument("--name", help="under which it will be found; default: FOLDER's name")
        parser.add_argument("--models-dir", metavar="DIR", type=Path, default=MODELS_FOLDER)
        parser.add_argument(
            "--package", metavar="FILE", type=Path, help="also write it as one file for the portal"
        )
        parser.add_argument("--licence", default="", help="of the weights, kept in the card")
        parser.add_argument(
            "--orientation",
            type=Orientation,
            choices=list(Orientation),
            help="nnunet only: axes of the training images; default: those of the model's reader",
        )
        parser.add_argument(
            "--mirror",
            action="store_true",
            help="nnunet only: average over mirror images, as in training; up to 8 times as slow",
        )
        parser.add_argument(
            "--trust",
            action="store_true",
            help="read a checkpoint that could run programs; only if you trust its source",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        try:
            model = _read(options)
            name = options["name"] or folder.resolve().name
            spec = install(model, name, options["models_dir"], options["licence"])
            if options["package"]:
                write_package(spec.path.parent, options["package"])
        except AnalysisError as error:
            raise CommandError(error.message) from error
        segments = ", ".join(f"{channel}={key}" for channel, key in spec.labels)
        self.stdout.write(f"{spec.name} {spec.version} is installed in {spec.path.parent}")
        self.stdout.write(f"labels: {segments}")
        self.stdout.write("Lobule has not evaluated it; compare with `inference.evaluate` first.")
