"""A portal whose stages wait for a file: ``celery --app tests.faults.toy_portal worker``.

Database, storage, broker, workers and sweeper are the real ones; only what they compute is small.
``python -m tests.faults.toy_portal start`` receives a study and prints the id of the new run;
``... send RUN STAGE TIMES`` hands wake-up calls to the broker.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import django

from portal.runs import pipeline
from portal.runs.stage import Queue, Stage, StageJob
from tests.portal.runs.toy_stages import TOY_STAGES, Images, Number, toy_map

FOLDER = Path(os.environ["TOY_FOLDER"])
WAIT_LIMIT_S = 60.0


def waiting_map(job: StageJob, images: Images) -> Number:
    """Tell who is here, then wait until the test lets the stage go on."""
    (FOLDER / f"map-{os.getpid()}").touch()
    deadline = time.monotonic() + WAIT_LIMIT_S
    while not (FOLDER / "go").exists() and time.monotonic() < deadline:
        job.progress(0.5, "waiting")
        time.sleep(0.05)
    return toy_map(job, images)


STAGES: tuple[Stage, ...] = tuple(
    dataclasses.replace(
        stage, queue=Queue.CPU, function=waiting_map if stage.name == "map" else stage.function
    )
    for stage in TOY_STAGES
)
pipeline.STAGES = STAGES
django.setup()

from portal.accounts.models import User  # noqa: E402 - Django must be set up before
from portal.accounts.services import create_user  # noqa: E402 - as above
from portal.celery import app  # noqa: E402 - as above
from portal.runs import outbox, services  # noqa: E402 - as above
from portal.trials.services import create_site, create_trial  # noqa: E402 - as above
from tests.portal.runs.received import upload_study  # noqa: E402 - as above

services.run_succeeded.receivers = []  # toy stages leave no real report to make records of


def start() -> UUID:
    user = User.objects.first() or create_user("uma@example.org", name="Uma")
    site = create_site(create_trial("Toy"), "North", code="N")
    study = upload_study(site, user, {"IM1.dcm": b"one", "IM2.dcm": b"two"})
    return services.start_run(study, user).pk


def send(run_id: str, stage: str, times: str) -> None:
    kwargs: dict[str, Any] = {"run_id": run_id, "stage": stage}
    for _ in range(int(times)):
        app.send_task(outbox.TASK, kwargs=kwargs, queue="cpu")


if __name__ == "__main__":
    if sys.argv[1] == "start":
        sys.stdout.write(f"{start()}\n")
    else:
        send(*sys.argv[2:])
