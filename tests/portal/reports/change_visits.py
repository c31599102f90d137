"""Stored visits of one subject with known change, small enough to be registered in a test."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from analysis.quantification import quantify
from analysis.quantities import LIC, PDFF, R2STAR
from analysis.report import build_report
from analysis.report_json import report_to_dict
from analysis.study import Acquisition
from portal.celery import app
from portal.reports.models import Report
from portal.reports.services import create_report
from portal.studies.models import Study
from portal.trials.models import Subject, Visit
from tests.portal.conftest import Cast
from tests.portal.reports.conftest import SHAPE, Analysed, analysed, quantity_map, store
from tests.portal.runs.received import upload_study

BASELINE_PDFF = 12.0


def visit_results(
    number: int, pdff: float, *, field_strength_t: float = 3.0, rate: float = 45.0
) -> Analysed:
    """Return the results of visit ``number``: even fat and iron with noise of their own."""
    base = analysed(field_strength_t=field_strength_t)
    rng = np.random.default_rng(number)
    maps = (
        quantity_map(PDFF, pdff + rng.normal(0, 0.8, SHAPE), 0.8),
        quantity_map(R2STAR, rate + rng.normal(0, 2.0, SHAPE), 2.0),
        quantity_map(LIC, 0.0135 * rate + rng.normal(0, 0.03, SHAPE), 0.03),
    )
    description = replace(
        base.selected.description,
        study_instance_uid=f"1.2.{number}",
        study_date=f"2026-{number:02d}-05",
    )
    scan = Acquisition("Lobule", "Simulator", field_strength_t=field_strength_t)
    selected = replace(base.selected, description=description, acquisition=scan)
    map_set = replace(base.maps, maps=maps)
    report = build_report(
        selected, base.segmentation, map_set, quantify(map_set, base.segmentation.labels)
    )
    return Analysed(selected, base.segmentation, map_set, report)


@dataclass(frozen=True, slots=True)
class Visits:
    """Makes visits of subjects of the north site."""

    cast: Cast
    folder: Path

    def add(
        self, number: int, pdff: float = BASELINE_PDFF, subject: str = "S-7", **options: float
    ) -> Report:
        study = self._study(number, subject)
        results = visit_results(number, pdff, **options)  # type: ignore[arg-type]  # field and rate
        run = store(study, results, self.cast.uma.pk, self._files(number, results))
        return create_report(run)

    def _study(self, number: int, subject: str) -> Study:
        content = {"a/one.dcm": uuid4().bytes}  # the same files twice would be refused
        study = upload_study(self.cast.north, self.cast.uma, content, subject)
        person = Subject.objects.get(site=self.cast.north, code=subject)
        study.visit, _ = Visit.objects.get_or_create(subject=person, name=f"Month {number}")
        study.save(update_fields=["visit"])
        return study

    def _files(self, number: int, results: Analysed) -> Path:
        """Write the one file that a report needs; the others are made by the export's own tests."""
        folder = self.folder / f"{id(results)}-{number}"
        folder.mkdir()
        text = json.dumps(report_to_dict(results.report))
        (folder / "report.json").write_text(text, "utf-8")
        return folder


@pytest.fixture
def visits(cast: Cast, tmp_path: Path) -> Visits:
    folder = tmp_path / "visits"
    folder.mkdir()
    return Visits(cast, folder)


@pytest.fixture
def pair(visits: Visits) -> tuple[Report, Report]:
    """Two visits of one subject between which liver fat fell."""
    return visits.add(1, BASELINE_PDFF), visits.add(2, 7.0)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that were handed to the queue; none is run."""
    sent: list[str] = []
    monkeypatch.setattr(app, "send_task", lambda name, **options: sent.append(name))
    return sent
