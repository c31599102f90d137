"""Time and queries of the work list with 10,000 studies: ``python -m tests.benchmarks.work_list``.

On SQLite in a folder of its own; with ``--postgresql`` on a server that is started for it. Each
page is asked for as a browser does (``Client``), the first time apart.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import django

LIMIT_S = 0.200
LIMIT_QUERIES = 12
REPEATS = 9
QUERIES = (
    "",
    "page=100",
    "page=200",
    "order=oldest",
    "order=pdff",
    "order=lic&page=50",
    "order=subject",
    "state=attention",
    "state=failed",
    "state=moving",
    "state=succeeded",
    "search=S-0123",
    "search=week&state=succeeded&order=pdff",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=10_000)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    with database(options.postgresql):
        django.setup()
        return measure(options.studies)


@contextmanager
def database(on_postgresql: bool) -> Iterator[None]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    with tempfile.TemporaryDirectory(prefix="lobule-work-list-") as folder:
        os.environ["LOCAL_DIR"] = folder
        if not on_postgresql:
            os.environ.pop("DATABASE_URL", None)
            yield
            return
        from tests.services import postgresql  # noqa: PLC0415  # needs no Django, starts a server

        with postgresql() as url:
            os.environ["DATABASE_URL"] = url
            yield
            django.db.connections.close_all()


def measure(studies: int) -> int:
    from django.conf import settings  # noqa: PLC0415  # once Django is set up
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    people = fill(studies)
    worst_s, worst_queries = 0.0, 0
    print(f"{connection.vendor}, {studies} studies, {os.cpu_count()} cores")
    for name, person in people.items():
        client = Client()
        client.force_login(person)
        client.get("/")
        for query in QUERIES:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"/?{query}").status_code == 200
            queries = len(captured)  # the next request empties the log
            timed = [_timed(client, query) for _ in range(REPEATS)]
            wall_s, cpu_s = (sorted(each)[len(each) // 2] for each in zip(*timed, strict=True))
            worst_s, worst_queries = max(worst_s, wall_s), max(worst_queries, queries)
            print(
                f"{name:10} {query or '(all)':42} {queries:3} queries"
                f"  median {1000 * wall_s:6.1f} ms, of this process {1000 * cpu_s:6.1f} ms",
                flush=True,
            )
    is_good = worst_s <= LIMIT_S and worst_queries <= LIMIT_QUERIES
    print(
        f"worst: {1000 * worst_s:.0f} ms, {worst_queries} queries: {'met' if is_good else 'MISSED'}"
    )
    return 0 if is_good else 1


def _timed(client: Any, query: str) -> tuple[float, float]:
    """Return how long a page takes, and how long this process computes for it."""
    started, computed = time.perf_counter(), time.process_time()
    client.get(f"/?{query}")
    return time.perf_counter() - started, time.process_time() - computed


def fill(count: int) -> dict[str, Any]:
    """Make a trial with ten sites and many studies of known states; return who looks at it."""
    from portal.accounts.services import create_user  # noqa: PLC0415  # once Django is set up
    from portal.reports.models import Report  # noqa: PLC0415
    from portal.runs.models import AnalysisRun, RunState  # noqa: PLC0415
    from portal.studies.models import Study, Upload  # noqa: PLC0415
    from portal.trials.models import Role, Subject, Visit  # noqa: PLC0415
    from portal.trials.services import add_member, create_site, create_trial  # noqa: PLC0415

    rng = random.Random(7)
    trial = create_trial("Ten thousand")
    sites = [create_site(trial, f"Site {n}", code=f"S{n}") for n in range(10)]
    people = {
        "reader": create_user("reader@example.org"),
        "uploader": create_user("uploader@example.org"),
        "admin": create_user("admin@example.org", is_administrator=True),
    }
    add_member(trial, people["reader"], Role.READER)
    add_member(trial, people["uploader"], Role.UPLOADER, site=sites[3])
    now = trial.created_at
    subjects = [
        Subject(trial=trial, site=sites[n % 10], code=f"S-{n:05}") for n in range(count // 2)
    ]
    Subject.objects.bulk_create(subjects, batch_size=500)
    visits = [Visit(subject=s, name=name) for s in subjects for name in ("Baseline", "Week 24")]
    Visit.objects.bulk_create(visits, batch_size=500)
    uploads, studies, runs, reports = [], [], [], []
    for n, visit in enumerate(visits):
        subject = visit.subject
        where = {"trial": trial, "site": subject.site, "subject": subject, "visit": visit}
        upload = Upload(
            created_by=people["uploader"],
            state="complete",
            manifest_hash=f"{n:064}",
            file_count=600,
            size_bytes=10**8,
            expires_at=now,
            **where,
        )
        study = Study(upload=upload, received_at=now - timedelta(minutes=n), **where)
        state = rng.choices(
            [RunState.SUCCEEDED, RunState.FAILED, RunState.RUNNING], weights=[94, 5, 1]
        )[0]
        run = AnalysisRun(study=study, state=state, created_by=people["uploader"])
        uploads.append(upload)
        studies.append(study)
        runs.append(run)
        if state == RunState.SUCCEEDED:
            reports.append(
                Report(
                    run=run,
                    study=study,
                    sha256="0" * 64,
                    path="x",
                    pdff_percent=rng.uniform(1, 40),
                    lic_mg_per_g=rng.uniform(0.5, 8),
                    r2star_per_s=rng.uniform(30, 200),
                    liver_volume_ml=1500.0,
                    critical_count=int(rng.random() < 0.03),
                )
            )
    for model, rows in (
        (Upload, uploads),
        (Study, studies),
        (AnalysisRun, runs),
        (Report, reports),
    ):
        model.objects.bulk_create(rows, batch_size=400)  # type: ignore[attr-defined]
    return people


if __name__ == "__main__":
    sys.exit(main())
