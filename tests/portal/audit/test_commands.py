from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from portal.audit.models import AuditEvent
from tests.conftest import REPOSITORY
from tests.portal.conftest import Cast


@pytest.fixture
def export(cast: Cast, tmp_path: Path) -> Path:
    path = tmp_path / "trail.jsonl"
    call_command("audit_export", path, stdout=StringIO())
    return path


def verify(*arguments: object, **options: object) -> str:
    said = StringIO()
    call_command("audit_verify", *arguments, stdout=said, **options)
    return said.getvalue()


def test_an_export_holds_every_line_and_verifies_without_the_database(export: Path) -> None:
    assert len(export.read_text().splitlines()) == AuditEvent.objects.count() > 10
    assert "holds together" in verify(export)


def test_an_export_is_never_overwritten(export: Path) -> None:
    with pytest.raises(FileExistsError):
        call_command("audit_export", export)


@pytest.mark.parametrize("index", [0, 5, -1])
def test_a_changed_line_of_an_export_is_found(export: Path, index: int) -> None:
    lines = [json.loads(line) for line in export.read_text().splitlines()]
    lines[index]["actor"] = "somebody@example.org"
    export.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(CommandError, match="does not hold together") as failed:
        verify(export)
    assert failed.value.returncode == 1


def test_a_cut_tail_is_found_with_the_hash_that_was_noted(export: Path) -> None:
    lines = export.read_text().splitlines()
    last_hash = json.loads(lines[-1])["hash"]
    export.write_text("\n".join(lines[:-2]) + "\n")
    assert "holds together" in verify(export)
    with pytest.raises(CommandError, match="does not hold together"):
        verify(export, last_hash=[last_hash])


@pytest.mark.parametrize("content", ["no json\n", "[]\n", '{"sequence": 1}\n'])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other"
    path.write_text(content)
    with pytest.raises(CommandError, match="is not an export") as failed:
        verify(path)
    assert failed.value.returncode == 2


def test_the_database_is_checked_where_no_file_is_named(cast: Cast) -> None:
    assert "holds together" in verify()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP TRIGGER audit_event_no_update ON audit_auditevent")
        cursor.execute("DELETE FROM audit_auditevent WHERE sequence = 3")
    with pytest.raises(CommandError):
        verify()


def alone(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Check as a monitor does, with one file of ours, Python and nothing else."""
    script = REPOSITORY / "portal" / "audit" / "chain.py"
    command = [sys.executable, "-I", str(script), *map(str, arguments)]
    return subprocess.run(command, cwd="/", env={}, capture_output=True, text=True, check=False)


def test_a_monitor_needs_one_file_of_ours_and_python(export: Path) -> None:
    last = json.loads(export.read_text().splitlines()[-1])["hash"]
    checked = alone(export, last)
    assert (checked.returncode, checked.stdout) == (0, "The audit trail holds together.\n")
    assert alone(export, "0" * 64).returncode == 1
    export.write_text(export.read_text().replace("trial-created", "trial-crested"))
    changed = alone(export, last)
    assert changed.returncode == 1
    assert "BROKEN" in changed.stdout
    assert alone().returncode == alone("/nothing/here").returncode == 2
