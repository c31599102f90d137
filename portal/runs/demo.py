"""A portal to try: three people, one trial, one simulated study that arrives as a site sends it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from portal.accounts.models import User
from portal.accounts.services import create_user
from portal.runs.models import AnalysisRun
from portal.runs.site_client import Refused, Say, SiteClient
from portal.trials.models import Role, Site, Trial
from portal.trials.services import add_member, create_site, create_trial

TRIAL = "Simulated liver study"
SUBJECT, VISIT = "SIM-001", "Baseline"
START_LIMIT_S = 60.0
RUN_LIMIT_S = 1800.0
ASK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Person:
    role: str
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Demo:
    people: tuple[Person, ...]
    site_id: str
    run_id: str  # of the simulated study, empty before it was sent

    def person(self, role: str) -> Person:
        return next(person for person in self.people if person.role == role)


def ensure_demo() -> Demo:
    """Create what is missing of the demo's people, trial and site; keep everything else."""
    people = _people(settings.LOCAL_DIR / "demo_accounts.json")
    with transaction.atomic():
        users = {person.role: _user(person) for person in people}
        site = _site(users)
    runs = AnalysisRun.objects.filter(study__site=site, study__subject__code=SUBJECT)
    first = runs.order_by("created_at").first()
    return Demo(people, str(site.pk), str(first.pk) if first else "")


def _people(file: Path) -> tuple[Person, ...]:
    """Read the demo's accounts; at the first start, make passwords that nobody else has."""
    if not file.exists():
        roles = ("reader", "uploader", "admin")
        made = [[role, f"{role}@demo.example", secrets.token_urlsafe(12)] for role in roles]
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(made, stream)
    return tuple(Person(*fields) for fields in json.loads(file.read_text(encoding="utf-8")))


def _user(person: Person) -> User:
    found = User.objects.filter(email=person.email).first()
    return found or create_user(
        person.email,
        password=person.password,
        name=f"Demo {person.role}",
        is_administrator=person.role == "admin",
    )


def _site(users: dict[str, User]) -> Site:
    trial = Trial.objects.filter(name=TRIAL).first() or create_trial(TRIAL)
    site = trial.sites.first() or create_site(trial, "Simulator", code="SIM")
    add_member(trial, users["reader"], Role.READER)
    add_member(trial, users["uploader"], Role.UPLOADER, site=site)
    return site


def simulate(folder: Path, say: Say) -> Path:
    """Simulate a study once; return the folder of its DICOM files."""
    if not (folder / "truth.json").exists():
        say("Simulating a liver study (Siemens style, 3 T, six echoes) ...")
        manage = (sys.executable, str(settings.BASE_DIR / "manage.py"))
        options = ("--vendor", "siemens", "--field", "3", "--seed", "1")
        subprocess.run(  # noqa: S603 - our own fixed command
            (*manage, "simulate", "--out", str(folder), *options),
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return folder / "dicom"


def wait_until_up(address: str) -> None:
    """Wait until the web server answers; raise ``Refused`` when it does not in time."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310 - local
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise Refused(f"{address} does not answer")


def send_study(demo: Demo, address: str, folder: Path, say: Say) -> str:
    """Upload the simulated study as the site's uploader; return the id of the run it started."""
    uploader = demo.person("uploader")
    client = SiteClient(address)
    client.sign_in(uploader.email, uploader.password)
    say(f"Uploading it as {uploader.email} ...")
    started = client.upload(folder, site=demo.site_id, subject=SUBJECT, visit=VISIT, say=say)
    return str(started["id"])


def follow(demo: Demo, address: str, run_id: str, say: Say) -> None:
    """Say how far the run is, and at its end where the report is, or why there is none."""
    reader = demo.person("reader")
    client = SiteClient(address)
    client.sign_in(reader.email, reader.password)
    told = ""
    deadline = time.monotonic() + RUN_LIMIT_S
    while time.monotonic() < deadline:
        run: dict[str, Any] = client.call("GET", f"/api/v1/runs/{run_id}/")
        if run["is_finished"]:
            break
        doing = ", ".join(s["title"].lower() for s in run["stages"] if s["state"] == "running")
        if doing and doing != told:
            told = doing
            say(f"  {run['progress_percent']:3d} %  {doing}")
        time.sleep(ASK_EVERY_S)
    if run["state"] == "succeeded":
        say(f"The report is ready: {address}{run['report_url'] or run['page_url']}")
    else:
        say(f"The analysis ended as {run['state']}: {run['error_message']}")
        say(f"{address}{run['page_url']}")
