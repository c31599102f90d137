"""Who reaches which route. A new route that is not in the table fails the first test.

For each route and each person of the cast, a stranger included: those in ``who`` get past the
permission check (their request may still be incomplete: 400, 415 …), all others are sent to sign
in or do not find it (401, 403, 404, 410).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from portal.accounts.models import User
from tests.portal.conftest import Cast
from tests.portal.world import World, build_world

INSIDERS = frozenset({"rosa", "uma", "tom", "mona", "ada"})  # may see what the north site sent
SENDERS = frozenset({"uma", "tom", "ada"})  # may send and change what the north site sends
EVERYBODY = frozenset({"rosa", "uma", "uwe", "tom", "mona", "ada", "sam"})
STRANGERS_TOO = EVERYBODY | {"nobody"}
READERS = frozenset({"rosa"})  # who signs is a reader, not an administrator
MANAGERS = frozenset({"tom", "ada"})
OVERSEERS = frozenset({"tom", "mona", "ada"})  # see a trial's people, follow its readings
ADMINISTRATOR = frozenset({"ada"})
PDFF = "quantity=PDFF&region=liver"
DENIED = {401, 403, 404, 410}
BATCH = 12  # routes that share a world: it takes longer to make than to ask for a route


@dataclass(frozen=True, slots=True)
class Route:
    """One operation and who may use it; ``has_result`` False = insiders may find nothing yet."""

    name: str
    method: str
    who: frozenset[str]
    arguments: tuple[str, ...] = ()
    has_result: bool = True
    query: str = ""


ROUTES = (
    Route("healthz", "get", STRANGERS_TOO),
    Route("language", "post", STRANGERS_TOO),
    Route("invitation", "get", frozenset(), ("text",), has_result=False),
    # accounts
    Route("api-me", "get", EVERYBODY),
    Route("api-tokens", "get", EVERYBODY),
    Route("api-tokens", "post", EVERYBODY),
    Route("api-token", "delete", frozenset({"uma"}), ("token",)),
    Route("api-users", "get", ADMINISTRATOR),
    Route("api-user", "get", ADMINISTRATOR, ("user",)),
    Route("api-user", "patch", ADMINISTRATOR, ("user",)),
    Route("api-schema", "get", EVERYBODY),
    Route("account-keys", "get", EVERYBODY),
    Route("account-keys", "post", EVERYBODY),
    Route("account-key-withdraw", "post", frozenset({"uma"}), ("token",)),
    # administration
    Route("administration", "get", ADMINISTRATOR),
    Route("administration-invite", "post", ADMINISTRATOR),
    Route("administration-withdraw", "post", ADMINISTRATOR, ("invitation",)),
    Route("administration-person", "get", ADMINISTRATOR, ("user",)),
    Route("administration-change", "post", ADMINISTRATOR, ("user",)),
    Route("administration-reset-factor", "post", ADMINISTRATOR, ("user",)),
    Route("administration-sign-out", "post", ADMINISTRATOR, ("user",)),
    Route(
        "administration-end-session",
        "post",
        ADMINISTRATOR,
        ("user", "number"),
        has_result=False,
    ),
    Route("administration-withdraw-token", "post", ADMINISTRATOR, ("token_user", "token")),
    Route("administration-queue", "get", ADMINISTRATOR),
    Route("administration-sweep", "post", ADMINISTRATOR),
    Route("administration-models", "get", ADMINISTRATOR),
    Route("administration-import-model", "post", ADMINISTRATOR),
    Route("administration-activate", "post", ADMINISTRATOR, ("text",)),
    Route("administration-roll-back", "post", ADMINISTRATOR),
    Route("administration-storage", "get", ADMINISTRATOR),
    Route("administration-tidy", "post", ADMINISTRATOR),
    Route("administration-retention", "get", ADMINISTRATOR),
    Route("administration-trial-retention", "get", ADMINISTRATOR, ("trial",)),
    Route("administration-policy", "post", ADMINISTRATOR, ("trial",)),
    Route("administration-hold", "post", ADMINISTRATOR, ("trial",)),
    Route("administration-release", "post", ADMINISTRATOR, ("hold",)),
    Route("administration-deletion", "get", ADMINISTRATOR, ("study",)),
    Route("administration-hold-study", "post", ADMINISTRATOR, ("study",)),
    Route("administration-delete", "post", ADMINISTRATOR, ("study",)),
    Route("api-invitations", "get", ADMINISTRATOR),
    Route("api-invitations", "post", ADMINISTRATOR),
    Route("api-invitation", "get", ADMINISTRATOR, ("invitation",)),
    Route("api-invitation", "delete", ADMINISTRATOR, ("invitation",)),
    Route("api-user-memberships", "get", ADMINISTRATOR, ("user",)),
    Route("api-user-sessions", "get", ADMINISTRATOR, ("user",)),
    Route("api-user-sessions", "delete", ADMINISTRATOR, ("user",)),
    Route("api-user-session", "delete", ADMINISTRATOR, ("user", "number"), has_result=False),
    Route("api-user-tokens", "get", ADMINISTRATOR, ("user",)),
    Route("api-user-token", "delete", ADMINISTRATOR, ("token_user", "token")),
    Route("api-user-second-factor", "get", ADMINISTRATOR, ("user",)),
    Route("api-user-second-factor", "delete", ADMINISTRATOR, ("user",)),
    Route("api-queue", "get", ADMINISTRATOR),
    Route("api-queue-sweep", "post", ADMINISTRATOR),
    Route("api-storage", "get", ADMINISTRATOR),
    Route("api-storage-tidy", "post", ADMINISTRATOR),
    Route("api-retention", "get", ADMINISTRATOR),
    Route("api-policy", "get", ADMINISTRATOR, ("trial",), has_result=False),
    Route("api-policy", "put", ADMINISTRATOR, ("trial",)),
    Route("api-due-studies", "get", ADMINISTRATOR, ("trial",)),
    Route("api-holds", "get", ADMINISTRATOR, ("trial",)),
    Route("api-holds", "post", ADMINISTRATOR, ("trial",)),
    Route("api-hold", "get", ADMINISTRATOR, ("hold",)),
    Route("api-hold", "delete", ADMINISTRATOR, ("hold",)),
    Route("api-study-deletion", "get", ADMINISTRATOR, ("study",)),
    Route("api-study-deletion", "post", ADMINISTRATOR, ("study",)),
    Route("api-deletions", "get", ADMINISTRATOR),
    # notifications
    Route("notifications", "get", EVERYBODY),
    Route("notifications", "post", EVERYBODY),
    Route("webhook-add", "post", EVERYBODY),
    Route("webhook-remove", "post", frozenset({"uma"}), ("webhook",)),
    Route("api-notifications", "get", EVERYBODY),
    Route("api-email-choice", "get", EVERYBODY),
    Route("api-email-choice", "put", EVERYBODY),
    Route("api-webhooks", "get", EVERYBODY),
    Route("api-webhooks", "post", EVERYBODY),
    Route("api-webhook", "delete", frozenset({"uma"}), ("webhook",)),
    # trials
    Route("api-trials", "get", EVERYBODY),
    Route("api-trials", "post", ADMINISTRATOR),
    Route("api-trial", "get", INSIDERS | {"uwe"}, ("trial",)),
    Route("api-trial", "patch", ADMINISTRATOR, ("trial",)),
    Route("trial-close", "post", ADMINISTRATOR, ("trial",)),
    Route("trial-reopen", "post", ADMINISTRATOR, ("trial",)),
    Route("trial-change", "post", ADMINISTRATOR, ("trial",)),
    Route("trial-change-site", "post", MANAGERS, ("trial", "site")),
    Route("api-trial-site", "patch", MANAGERS, ("trial", "site")),
    Route("api-protocol-try", "post", MANAGERS, ("trial",)),
    Route("api-scheme-versions", "get", MANAGERS, ("trial",)),
    Route("api-trial-sites", "get", INSIDERS | {"uwe"}, ("trial",)),
    Route("api-trial-sites", "post", MANAGERS, ("trial",)),
    Route("api-subject-rules", "get", INSIDERS | {"uwe"}, ("trial",)),
    Route("api-subject-rules", "put", MANAGERS, ("trial",)),
    Route("api-trial-members", "get", OVERSEERS, ("trial",)),
    Route("api-trial-members", "post", MANAGERS, ("trial",)),
    Route("api-trial-member", "delete", MANAGERS, ("trial", "membership")),
    Route("api-trial-invited", "get", MANAGERS, ("trial",)),
    Route("api-trial-promise", "delete", MANAGERS, ("trial", "promise")),
    Route("trial-withdraw-promise", "post", MANAGERS, ("trial", "promise")),
    Route("api-audit", "get", EVERYBODY),  # of the trials one may audit; see test_api_audit
    Route("api-sites", "get", EVERYBODY),
    Route("api-subjects", "get", EVERYBODY),
    Route("api-subject", "get", INSIDERS, ("subject",)),
    Route("api-check", "post", INSIDERS, ("site",)),
    Route("api-protocol", "get", INSIDERS | {"uwe"}, ("trial",), has_result=False),
    Route("api-protocol", "put", MANAGERS, ("trial",)),
    Route("audit-trail", "get", EVERYBODY),  # of the trials one may audit; see test_audit_page
    Route("audit-export", "get", OVERSEERS | {"sam"}),  # sam manages another trial
    Route("trial-list", "get", EVERYBODY),
    Route("trial-list", "post", ADMINISTRATOR),
    Route("trial", "get", INSIDERS | {"uwe"}, ("trial",)),
    Route("trial-add-site", "post", MANAGERS, ("trial",)),
    Route("trial-add-member", "post", MANAGERS, ("trial",)),
    Route("trial-remove-member", "post", MANAGERS, ("trial", "membership")),
    Route("trial-subjects", "get", INSIDERS | {"uwe"}, ("trial",)),
    Route("trial-protocol", "get", MANAGERS, ("trial",)),
    Route("trial-protocol", "post", MANAGERS, ("trial",)),
    Route("trial-visits", "get", MANAGERS, ("trial",)),
    Route("trial-visits", "post", MANAGERS, ("trial",)),
    Route("trial-subject-rules", "post", MANAGERS, ("trial",)),
    Route("trial-reading-scheme", "get", MANAGERS, ("trial",)),
    Route("trial-reading-scheme", "post", MANAGERS, ("trial",)),
    Route("api-reading-scheme", "get", INSIDERS | {"uwe"}, ("trial",), has_result=False),
    Route("api-reading-scheme", "put", MANAGERS, ("trial",)),
    Route("api-visit-schedule", "get", INSIDERS | {"uwe"}, ("trial",)),
    Route("api-visit-schedule", "put", MANAGERS, ("trial",)),
    Route("api-visits", "get", EVERYBODY),
    Route("subject", "get", INSIDERS, ("subject",)),
    Route("subject-rescan", "post", SENDERS, ("subject",), has_result=False),
    Route("rescans", "get", EVERYBODY),
    Route("rescan", "get", INSIDERS, ("rescan",)),
    Route("rescan-answer", "post", SENDERS, ("rescan",)),
    Route("rescan-withdraw", "post", MANAGERS, ("rescan",)),
    Route("api-rescans", "get", EVERYBODY),
    Route("api-rescans", "post", EVERYBODY),  # the visit in the body decides; see test_api_rescans
    Route("api-rescan", "get", INSIDERS, ("rescan",)),
    Route("api-rescan-answer", "post", SENDERS, ("rescan",)),
    Route("api-rescan-withdraw", "post", MANAGERS, ("rescan",)),
    # studies
    Route("api-uploads", "get", EVERYBODY),
    Route("api-uploads", "post", EVERYBODY),  # the site in the body decides; see test_api
    Route("api-upload", "get", SENDERS, ("upload",)),
    Route("api-upload", "delete", SENDERS, ("upload",)),
    Route("api-upload-receipt", "get", SENDERS, ("upload",)),
    Route("api-deidentification", "post", SENDERS, ("site",)),
    Route("api-upload-complete", "post", SENDERS, ("upload",)),
    Route("api-studies", "get", EVERYBODY),
    Route("api-study", "get", INSIDERS, ("study",)),
    Route("tus-transfers", "options", EVERYBODY),
    Route("tus-transfers", "post", EVERYBODY),  # the upload in the header decides; see test_tus
    Route("tus-transfer", "head", SENDERS, ("transfer",)),
    Route("tus-transfer", "patch", SENDERS, ("transfer",)),
    Route("tus-transfer", "delete", SENDERS, ("transfer",)),
    # runs
    Route("api-study-runs", "get", INSIDERS, ("study",)),
    Route("api-study-runs", "post", SENDERS, ("study",)),
    Route("api-run", "get", INSIDERS, ("run",)),
    Route("api-run-cancel", "post", SENDERS, ("run",)),
    Route("api-run-retry", "post", SENDERS, ("run",)),
    Route("api-run-artefacts", "get", INSIDERS, ("run",)),
    Route("api-run-artefact", "get", INSIDERS, ("run", "text"), has_result=False),
    Route("runs:detail", "get", INSIDERS, ("run",)),
    Route("runs:progress", "get", INSIDERS, ("run",)),
    Route("runs:cancel", "post", SENDERS, ("run",)),
    Route("runs:retry", "post", SENDERS, ("run",)),
    Route("api-models", "get", ADMINISTRATOR),
    Route("api-models", "post", ADMINISTRATOR),
    Route("api-model-activate", "post", ADMINISTRATOR, ("text",)),
    Route("api-model-roll-back", "post", ADMINISTRATOR),
    # reports
    Route("reports:work-list", "get", EVERYBODY),
    Route("reports:view-keep", "post", EVERYBODY),
    Route("reports:view-remove", "post", frozenset({"uma"}), ("view",)),
    Route("api-work-list", "get", EVERYBODY),
    Route("api-views", "get", EVERYBODY),
    Route("api-views", "post", EVERYBODY),
    Route("api-view", "get", frozenset({"uma"}), ("view",)),
    Route("api-view", "delete", frozenset({"uma"}), ("view",)),
    Route("reports:upload", "get", EVERYBODY),
    Route("reports:of-run", "get", INSIDERS, ("run",)),
    Route("reports:detail", "get", INSIDERS, ("report",), has_result=False),
    Route("reports:print", "get", INSIDERS, ("report",), has_result=False),
    Route("reports:record", "get", INSIDERS, ("report",), has_result=False),
    Route("reports:verify", "get", frozenset(), ("text",), has_result=False),
    Route("reports:segments", "get", INSIDERS, ("report",), has_result=False),
    Route("reports:file", "get", INSIDERS, ("report", "text"), has_result=False),
    Route("reports:image", "get", INSIDERS, ("report", "text"), has_result=False),
    Route("reports:picture", "get", INSIDERS, ("report", "text", "number"), has_result=False),
    Route("reports:impression", "post", READERS, ("report",), has_result=False),
    Route("reports:sign", "post", READERS, ("report",), has_result=False),
    Route("reports:amend", "post", READERS, ("report",), has_result=False),
    Route("reports:mask", "post", READERS, ("report",), has_result=False),
    Route("reports:rois", "post", READERS, ("report",), has_result=False),
    Route("reports:roi-remove", "post", READERS, ("report", "run"), has_result=False),
    Route("reports:mask-preview", "post", READERS, ("report",), has_result=False),
    # readings: of a trial that Rosa reads blinded, and Tom manages
    Route("reports:readings", "get", EVERYBODY),
    Route("reports:reading", "get", READERS, ("reading",), has_result=False),
    Route("reports:reading-own-values", "post", READERS, ("reading",)),
    Route("reports:reading-save", "post", READERS, ("reading",)),
    Route("reports:reading-decide", "post", READERS, ("reading",)),
    Route("reports:reading-sign", "post", READERS, ("reading",)),
    Route("reports:reading-rescan", "post", READERS, ("reading",)),
    Route("reports:reading-image", "get", READERS, ("reading", "text"), has_result=False),
    Route("reports:reading-mask", "post", READERS, ("reading",), has_result=False),
    Route("reports:reading-mask-preview", "post", READERS, ("reading",), has_result=False),
    Route("reports:reading-progress", "get", OVERSEERS, ("blinded_trial",)),
    Route("reports:reading-assign", "post", MANAGERS, ("blinded_trial",)),
    Route("reports:reading-take-back", "post", MANAGERS, ("blinded_trial", "reading")),
    Route("reports:reading-results", "get", OVERSEERS, ("blinded_trial",)),
    Route("reports:reading-readings", "get", OVERSEERS, ("blinded_trial",)),
    Route("api-readings", "get", EVERYBODY),
    Route("api-reading", "get", READERS, ("reading",), has_result=False),
    Route("api-reading", "put", READERS, ("reading",)),
    Route("api-reading-own-values", "post", READERS, ("reading",)),
    Route("api-reading-voxel", "get", READERS, ("reading",), has_result=False, query="i=0&j=0&k=0"),
    Route("api-reading-decision", "post", READERS, ("reading",)),
    Route("api-reading-image", "get", READERS, ("reading", "text"), has_result=False),
    Route("api-reading-outline", "post", READERS, ("reading",)),
    Route("api-reading-outline-preview", "post", READERS, ("reading",)),
    Route("api-reading-take-back", "post", MANAGERS, ("blinded_trial", "reading")),
    Route("api-signed-readings", "get", OVERSEERS, ("blinded_trial",)),
    Route("api-reading-rescan", "post", READERS, ("reading",)),
    Route("api-trial-readings", "get", OVERSEERS, ("blinded_trial",)),
    Route("api-trial-readings", "post", MANAGERS, ("blinded_trial",)),
    Route("api-trial-results", "get", OVERSEERS, ("blinded_trial",)),
    Route("api-reports", "get", EVERYBODY),
    Route("api-report", "get", INSIDERS, ("report",)),
    Route("api-report-files", "get", INSIDERS, ("report",)),
    Route("api-report-file", "get", INSIDERS, ("report", "text"), has_result=False),
    Route("api-report-pdf", "get", INSIDERS, ("report",), has_result=False),
    Route("api-report-impression", "get", INSIDERS, ("report",), has_result=False),
    Route("api-report-impression", "put", READERS, ("report",)),
    Route("api-report-signatures", "get", INSIDERS, ("report",)),
    Route("api-report-amendments", "post", READERS, ("report",)),
    Route("api-report-record", "get", INSIDERS, ("report",)),
    Route("api-signed-record", "get", EVERYBODY, ("text",), has_result=False),
    Route("api-report-rois", "get", INSIDERS, ("report",)),
    Route("api-report-rois", "post", READERS, ("report",)),
    Route("api-report-roi", "delete", READERS, ("report", "run"), has_result=False),
    Route("api-report-outline", "post", READERS, ("report",)),
    Route("api-report-outline-preview", "post", READERS, ("report",)),
    Route("api-report-document", "get", INSIDERS, ("report",), has_result=False),
    Route("api-report-voxel", "get", INSIDERS, ("report",), has_result=False, query="i=0&j=0&k=0"),
    Route("api-report-histogram", "get", INSIDERS, ("report",), has_result=False, query=PDFF),
    Route("api-report-density", "get", INSIDERS, ("report",), has_result=False),
    # change between visits: without two compared visits there is nothing to find
    Route("reports:change", "get", INSIDERS, ("report",), has_result=False),
    Route("reports:change-images", "get", INSIDERS, ("report", "report"), has_result=False),
    Route("reports:change-images", "post", INSIDERS, ("report", "report"), has_result=False),
    Route("reports:change-csv", "get", INSIDERS, ("report", "report"), has_result=False),
    Route("reports:change-volume", "get", INSIDERS, ("report", "text"), has_result=False),
    Route("reports:change-picture", "get", INSIDERS, ("report", "text"), has_result=False),
    Route("api-report-change", "get", INSIDERS, ("report",), has_result=False),
    Route("api-change-images", "get", INSIDERS, ("report",), has_result=False),
    Route("api-change-images", "post", INSIDERS, ("report",), has_result=False),
    Route("api-comparison-volume", "get", INSIDERS, ("report", "text"), has_result=False),
    Route("api-report-trend", "get", INSIDERS, ("report",), has_result=False, query=PDFF),
)


def names(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Yield the names of our own routes; allauth guards and tests its own."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from names(entry, inner)
        elif isinstance(entry, URLPattern) and not is_of_allauth(entry):
            yield f"{prefix}{entry.name}"


def is_of_allauth(entry: URLPattern) -> bool:
    is_redirect = entry.lookup_str.startswith("django.views.generic") and entry.name is None
    return entry.lookup_str.startswith("allauth.") or is_redirect


def test_every_route_is_in_the_table() -> None:
    assert {route.name for route in ROUTES} == set(names(get_resolver()))


@pytest.fixture
def world(cast: Cast) -> World:
    return build_world(cast)


def status_for(world: World, route: Route, name: str) -> int:
    client = Client(raise_request_exception=False)
    person = world.cast.people[name]
    if isinstance(person, User):
        client.force_login(person)
    url = reverse(route.name, args=[world.keys[each] for each in route.arguments])
    body = {"content_type": "application/json"} if route.method in {"post", "patch", "put"} else {}
    with transaction.atomic():  # what one person changes, the next one must not miss
        answer = client.generic(
            route.method.upper(), f"{url}?{route.query}", HTTP_TUS_RESUMABLE="1.0.0", **body
        )
        transaction.set_rollback(True)
    is_sign_in = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
    return 401 if is_sign_in else answer.status_code


def fault_of(route: Route, statuses: dict[str, int]) -> str:
    """Return what is wrong with who reaches a route; empty when nothing is."""
    open_to = {name for name, status in statuses.items() if status not in DENIED}
    is_right = open_to == route.who
    if not route.has_result:
        refused = {name for name in route.who if statuses[name] in {401, 403}}
        is_right = open_to <= route.who and not refused
    return "" if is_right else f"{route.method} {route.name}: {statuses}"


@pytest.mark.parametrize("start", range(0, len(ROUTES), BATCH), ids=lambda n: ROUTES[n].name)
def test_routes_are_open_to_those_they_are_for_and_closed_to_others(
    world: World, start: int
) -> None:
    people = sorted(world.cast.people)
    faults = [
        fault_of(route, {name: status_for(world, route, name) for name in people})
        for route in ROUTES[start : start + BATCH]
    ]
    assert not any(faults), "\n".join(filter(None, faults))
