"""Requests that nobody thought of, made from the API's own description (schemathesis).

A few seconds here; ``make fuzz-api`` asks many more. The seed is fixed, so a failure comes again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase
from schemathesis import APIOperation, Case
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup

from portal.accounts.models import User
from portal.accounts.services import create_token
from portal.reports.models import Report
from portal.reports.services import create_report
from portal.studies.models import Study
from portal.wsgi import application
from tests.portal.conftest import Cast
from tests.portal.reports.conftest import analysed, store, write_files
from tests.portal.world import build_world

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
# Chunks of an upload follow the tus protocol, which has a peer of its own in test_tus.
# The answers of the schema's own route describe themselves.
LEFT_OUT = r"^/api/v1/(tus|schema)/"
# Files that exist are no text that a schema describes, and the fuzzer never closes them.
FILES = r"/(artefacts|files|images|volumes)/\{|\.pdf$"

load_all_checks()
CHECKED = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "missing_required_header",
        "unsupported_method",
        "ignored_auth",
    ]
)
# An address that was made wrong on purpose is put right below, so it is answered after all.
DEEP = [check for check in CHECKED if check.__name__ != "negative_data_rejection"]


@pytest.fixture(autouse=True)
def no_limit(settings: Any) -> None:
    settings.API_REQUESTS_A_MINUTE = settings.API_STRANGER_REQUESTS_A_MINUTE = 10_000_000


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Keep the test's own connection, in whose transaction everything lies, over all requests."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def key_of(user: User) -> str:
    return create_token(user, "fuzzer", scope="write")[1]


def faults_of(
    operation: APIOperation[Any, Any, Any], headers: dict[str, str], known: dict[str, str]
) -> list[str]:
    """Ask one operation some questions; return what was wrong with its answers."""

    @hypothesis.settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[*HealthCheck],
    )
    @hypothesis.given(case=operation.as_strategy())
    def ask(case: Case) -> None:
        for name in case.path_parameters or {}:
            if name in known:
                case.path_parameters[name] = known[name]
        if known and case.headers:
            case.headers.pop("If-Match", None)  # of a state that nobody has read: always refused
        with transaction.atomic():  # what one question changes, the next one must not miss
            case.call_and_validate(headers=headers, checks=DEEP if known else CHECKED)
            transaction.set_rollback(True)

    try:
        ask()
    except (AssertionError, Failure, FailureGroup) as fault:
        return [f"{operation.label}: {fault}"]
    return []


def all_faults(key: str, known: dict[str, str]) -> list[str]:
    headers = {"Authorization": f"Bearer {key}"}
    path = "/api/v1/schema/?format=json"
    described = schemathesis.openapi.from_wsgi(path, application, headers=headers)
    operations = [each.ok() for each in described.exclude(path_regex=LEFT_OUT).get_all_operations()]
    if known:
        operations = [e for e in operations if "{" in e.path and not re.search(FILES, e.path)]
    assert len(operations) > 30
    return [fault for each in operations for fault in faults_of(each, headers, known)]


def test_every_answer_is_as_described(cast: Cast) -> None:
    faults = all_faults(key_of(cast.ada), {})
    assert faults == [], "\n\n".join(faults)


@pytest.mark.parametrize("name", ["ada", "rosa"])
def test_every_answer_about_what_exists_is_as_described(
    cast: Cast, name: str, tmp_path: Path
) -> None:
    """Addresses at random find nothing; here they are those of real things."""
    results = analysed()
    files = write_files(results, tmp_path / "files")

    def report_of(study: Study) -> Report:
        return create_report(store(study, results, cast.uma.pk, files))

    world = build_world(cast, report_of)
    known = {f"{each}_id": str(value) for each, value in world.keys.items()}
    faults = all_faults(key_of(getattr(cast, name)), known)
    assert faults == [], "\n\n".join(faults)
