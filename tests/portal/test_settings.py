"""Settings are read in a fresh interpreter: what counts is how the program starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "DEPLOYMENT": "production",
    "SECRET_KEY": "k" * 60,
    "ALLOWED_HOSTS": "lobule.example.org",
    "SITE_URL": "https://lobule.example.org",
    "DATABASE_URL": "postgresql://lobule@db/lobule",
    "CELERY_BROKER_URL": "redis://redis/0",
    "STORAGE_URL": "file:///srv/lobule",
}


def start(
    tmp_path: Path, show: str = "'ok'", **environment: str
) -> subprocess.CompletedProcess[str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    code = f"import json; from portal import settings as s; print(json.dumps({show}))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=inherited | {"LOCAL_DIR": str(tmp_path / "local")} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_laptop_needs_no_settings(tmp_path: Path) -> None:
    shown = start(tmp_path, "[s.DEBUG, s.MFA_REQUIRED, s.ALLOWED_HOSTS, s.CELERY_BROKER_URL]")
    assert shown.stdout.strip() == (
        '[false, false, ["127.0.0.1", "localhost", "[::1]"], "filesystem://"]'
    )
    assert (tmp_path / "local" / "secret_key").is_file()


@pytest.mark.parametrize(
    "name",
    ["SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL", "DATABASE_URL", "CELERY_BROKER_URL", "STORAGE_URL"],
)
def test_production_refuses_to_start_without(tmp_path: Path, name: str) -> None:
    started = start(tmp_path, **{key: value for key, value in PRODUCTION.items() if key != name})
    assert started.returncode != 0
    assert name in started.stderr.splitlines()[-1]


def test_production_is_strict(tmp_path: Path) -> None:
    shown = start(
        tmp_path,
        "[s.MFA_REQUIRED, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT,"
        " s.SECURE_HSTS_SECONDS]",
        **PRODUCTION,
    )
    assert shown.stdout.strip() == "[true, true, true, true, 31536000]"


def test_debugging_in_production_is_refused(tmp_path: Path) -> None:
    started = start(tmp_path, **PRODUCTION, DEBUG="1")
    assert "DEBUG shows internals" in started.stderr


def test_what_names_someone_is_refused_on_every_machine(tmp_path: Path) -> None:
    assert start(tmp_path, "s.DEIDENTIFICATION_REQUIRED").stdout.strip() == "true"
    off = start(tmp_path, **PRODUCTION, DEIDENTIFICATION_REQUIRED="false")
    assert "names would rest on the server" in off.stderr
    assert off.returncode != 0


def test_a_deployment_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert "local or production" in start(tmp_path, DEPLOYMENT="staging").stderr


def test_settings_fit_on_a_few_pages() -> None:
    assert len((REPOSITORY / "portal" / "settings.py").read_text().splitlines()) <= 300


def test_every_variable_is_documented() -> None:
    readme = (REPOSITORY / "portal" / "README.md").read_text()
    source = (REPOSITORY / "portal" / "settings.py").read_text()
    names = {
        part.split('"')[1]
        for reader in ("text(", "flag(", "integer(", "words(")
        for part in source.split(f"environment.{reader}")[1:]
    }
    assert len(names) > 20
    assert not {name for name in names if f"`{name}`" not in readme}
