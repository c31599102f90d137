"""The tests whose outcome a database can change, run once more on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

PARTS = (
    "tests/portal/accounts/test_idempotency.py",
    "tests/portal/audit",
    "tests/portal/retention",
    "tests/portal/runs/test_claims.py",
    "tests/portal/runs/test_execution.py",
    "tests/portal/runs/test_outbox.py",
    "tests/portal/runs/test_services.py",
    "tests/portal/studies/test_services.py",
    "tests/portal/studies/test_transfers.py",
)


@pytest.mark.services
def test_trail_records_jobs_and_uploads_hold_on_postgresql(postgresql_url: str) -> None:
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-cov", *PARTS)
    environment = os.environ | {"DATABASE_URL": postgresql_url}
    result = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-2000:]
