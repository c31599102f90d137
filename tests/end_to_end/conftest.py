from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

SHAPE = "112,112,20"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How ``manage.py analyse`` ended: its exit code, what it said, what it left."""

    code: int
    said: str
    folder: Path

    def report(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        return document

    def value(self, quantity: str, region: str = "liver", statistic: str = "mean") -> float:
        wanted = (quantity, region, statistic)
        rows = self.report()["measurements"]
        found = [r for r in rows if (r["quantity"], r["region"], r["statistic"]) == wanted]
        assert len(found) == 1, f"{wanted} is there {len(found)} times"
        return float(found[0]["value"])

    def finding_codes(self) -> set[str]:
        return {finding["code"] for finding in self.report()["findings"]}


def simulate(folder: Path, vendor: str = "siemens", *options: str) -> Path:
    call_command(
        *("simulate", "--out", str(folder), "--vendor", vendor, "--seed", "3"),
        *("--field", "3", "--shape", SHAPE, *(options or ("--no-phase",))),
        verbosity=0,
    )
    return folder


Analyse = Callable[..., Outcome]


@pytest.fixture
def analyse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Analyse:
    """Run ``manage.py analyse INPUT --out DIR`` and say how it ended."""

    def run(source: Path, *options: str, out: Path | None = None) -> Outcome:
        folder = out or tmp_path / "results"
        code = 0
        try:
            call_command("analyse", str(source), "--out", str(folder), *options)
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Outcome(code, capsys.readouterr().err, folder)

    return run


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated study, six echoes of magnitude at 3 T: ``dicom/`` and its truth."""
    return simulate(tmp_path_factory.mktemp("simulated") / "study")


@pytest.fixture
def images(simulated: Path, tmp_path: Path) -> Path:
    """A copy of the simulated images that a test may spoil."""
    return Path(shutil.copytree(simulated / "dicom", tmp_path / "images"))
