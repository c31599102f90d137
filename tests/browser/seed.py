"""Fill the database of the running portal with people and analysed simulated studies.

``python -m tests.browser.seed`` with ``LOCAL_DIR`` set; prints one JSON line with what it made.
The labels are the simulator's truth: what is tried here is the portal, not the segmentation.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

import numpy as np  # noqa: E402  # Django must be ready first
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from analysis.findings import Finding, Severity  # noqa: E402
from analysis.maps import compute_maps  # noqa: E402
from analysis.quantification import quantify  # noqa: E402
from analysis.quantities import MR_SIGNAL  # noqa: E402
from analysis.report import build_report  # noqa: E402
from analysis.segmentation import ModelUse, Segmentation  # noqa: E402
from analysis.simulation.phantom import simulate  # noqa: E402
from analysis.simulation.spec import Grid, LiverSpec, PhantomSpec  # noqa: E402
from analysis.study import (  # noqa: E402
    Acquisition,
    SelectedSeries,
    SeriesChoice,
    StudyDescription,
)
from analysis.study import Role as SeriesRole  # noqa: E402
from analysis.volume import Volume  # noqa: E402
from portal.accounts.models import User  # noqa: E402
from portal.accounts.services import create_user  # noqa: E402
from portal.reports.models import Report  # noqa: E402
from portal.reports.services import create_report  # noqa: E402
from portal.runs.models import AnalysisRun, RunState, StageRun, StageState  # noqa: E402
from portal.runs.pipeline import STAGES  # noqa: E402
from portal.trials.models import Role, Site  # noqa: E402
from portal.trials.services import add_member, create_site, create_trial  # noqa: E402
from tests.portal.reports.conftest import Analysed, store, write_files  # noqa: E402
from tests.portal.runs.conftest import upload_study  # noqa: E402

PASSWORD = "correct horse battery liver"
PEOPLE = {"reader": Role.READER, "uploader": Role.UPLOADER, "manager": Role.MANAGER}
TRUST = Finding(
    "t1-bias",
    Severity.CRITICAL,
    "The flip angle is so high that fat is overestimated by about a fifth.",
    "flip angle 20°, TR 8 ms, bias factor 1.21",
    "Repeat the scan with a flip angle of 5° or less.",
    "map",
)
CUT = Finding(
    "liver-cut",
    Severity.WARNING,
    "The top of the liver is not covered; the volume is too small.",
    "18 cm² of liver touch the superior border",
    "Extend the slab by 3 cm next time.",
    "quantify",
)


def analysed(seed: int, pdff_percent: float, grid: Grid, *findings: Finding) -> Analysed:
    spec = PhantomSpec(seed=seed, grid=grid, liver=LiverSpec(pdff_percent=pdff_percent))
    study = simulate(spec)
    selected = SelectedSeries(
        description=StudyDescription(f"1.2.{seed}", "", "2026-11-02", "Liver fat and iron"),
        acquisition=Acquisition(
            "Lobule",
            "Simulator",
            "0.1",
            field_strength_t=spec.protocol.field_strength_t,
            repetition_time_ms=spec.protocol.repetition_time_ms,
            flip_angle_deg=spec.protocol.flip_angle_deg,
            sequence="6-echo spoiled gradient echo",
        ),
        echoes=replace(study.echoes, phase_rad=None),
        vendor_maps=(),
        anatomical_image=Volume(study.echoes.magnitude[0], study.echoes.geometry, MR_SIGNAL),
        choices=(
            SeriesChoice("1", 1, "Localizer", SeriesRole.OTHER, False, "Three single planes."),
            SeriesChoice("4", 4, "q-Dixon 6 echoes", SeriesRole.MULTI_ECHO, True, "Six echoes."),
        ),
        findings=findings,
    )
    model = ModelUse("couinaud", "truth of the simulator", "0" * 64, "none", "CPU")
    segmentation = Segmentation(study.truth.segments, 0.96, None, (model,), ())
    maps = compute_maps(selected)
    report = build_report(selected, segmentation, maps, quantify(maps, segmentation.labels))
    return Analysed(selected, segmentation, maps, report)


def add_report(site: Site, user: User, subject: str, results: Analysed) -> Report:
    content = {"IM1": f"{subject}{np.random.default_rng().random()}".encode()}
    study = upload_study(site, user, content, subject)
    with tempfile.TemporaryDirectory() as folder:
        files = write_files(results, Path(folder) / "files")
        return create_report(store(study, results, user.pk, files))


def add_run(site: Site, user: User, subject: str, state: RunState) -> AnalysisRun:
    """Add a run that stands still half way, or has failed there."""
    study = upload_study(site, user, {"IM1": subject.encode()}, subject)
    run = AnalysisRun.objects.create(study=study, created_by=user, state=state)
    if state == RunState.FAILED:
        run.error_code, run.finished_at = "single-echo", timezone.now()
        run.error_message = (
            "The study has one echo only; fat and iron need three or more. "
            "Send the multi-echo series."
        )
        run.save()
    half = StageState.FAILED if state == RunState.FAILED else StageState.RUNNING
    for position, stage in enumerate(STAGES):
        done = StageState.SUCCEEDED if position < 2 else StageState.WAITING
        StageRun.objects.create(
            run=run,
            stage=stage.name,
            position=position,
            state=half if position == 2 else done,
            progress=1.0 if position < 2 else 0.4 if position == 2 else 0.0,
            progress_text="tile 4 of 9" if position == 2 else "",
            attempts=1 if position <= 2 else 0,
            started_at=timezone.now() if position <= 2 else None,
            finished_at=timezone.now() if position < 2 else None,
        )
    return run


def people(site: Site) -> dict[str, User]:
    made = {
        name: create_user(f"{name}@example.org", password=PASSWORD, name=name.capitalize())
        for name in PEOPLE
    }
    for name, role in PEOPLE.items():
        add_member(site.trial, made[name], role, site=site)
    create_user("admin@example.org", password=PASSWORD, name="Admin", is_administrator=True)
    return made


def main(grid: Grid) -> None:
    call_command("migrate", verbosity=0)
    site = create_site(create_trial("Fatty liver"), "North hospital", code="N")
    uploader = people(site)["uploader"]
    plain = add_report(site, uploader, "LIV-001", analysed(1, 11.0, grid, CUT))
    bad = add_report(site, uploader, "LIV-002", analysed(2, 22.0, grid, TRUST, CUT))
    failed = add_run(site, uploader, "LIV-003", RunState.FAILED)
    moving = add_run(site, uploader, "LIV-004", RunState.RUNNING)
    made = {"report": plain.pk, "bad_report": bad.pk, "failed": failed.pk, "moving": moving.pk}
    made |= {"trial": site.trial_id, "person": uploader.pk, "study": plain.study_id}
    made |= {"subject": plain.study.subject_id}
    sys.stdout.write(json.dumps({name: str(key) for name, key in made.items()}) + "\n")


if __name__ == "__main__":
    size = tuple(int(n) for n in (sys.argv[1:] or ["96,80,20"])[0].split(","))
    main(Grid.covering((size[0], size[1], size[2])))
