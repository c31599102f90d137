"""Requests that nobody thought of, made from the API's own description (schemathesis).

A few seconds here; ``make fuzz-api`` asks many more. The seed is fixed, so a failure comes again.
"""

from __future__ import annotations

import os
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import APIOperation, Case
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup

from portal.accounts.services import create_token
from portal.wsgi import application
from tests.portal.conftest import Cast

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
# Chunks of an upload follow the tus protocol, which has a peer of its own in test_tus.
# The answers of the schema's own route describe themselves.
LEFT_OUT = r"^/api/v1/(tus|schema)/"

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


@pytest.fixture
def key(cast: Cast, settings: Any) -> str:
    settings.API_REQUESTS_A_MINUTE = settings.API_STRANGER_REQUESTS_A_MINUTE = 10_000_000
    return create_token(cast.ada, "fuzzer", scope="write")[1]


def faults_of(operation: APIOperation[Any, Any, Any], headers: dict[str, str]) -> list[str]:
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
        case.call_and_validate(headers=headers, checks=CHECKED)

    try:
        ask()
    except (AssertionError, Failure, FailureGroup) as fault:
        return [f"{operation.label}: {fault}"]
    return []


def test_every_answer_is_as_described(key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    path = "/api/v1/schema/?format=json"
    described = schemathesis.openapi.from_wsgi(path, application, headers=headers)
    operations = [each.ok() for each in described.exclude(path_regex=LEFT_OUT).get_all_operations()]
    assert len(operations) > 30
    faults = [fault for each in operations for fault in faults_of(each, headers)]
    assert faults == [], "\n\n".join(faults)
