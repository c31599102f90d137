from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.accounts.services import create_token
from portal.audit.models import AuditEvent
from portal.notifications.kinds import Kind
from portal.notifications.models import Webhook
from portal.notifications.services import notify
from tests.portal.conftest import Cast

ApiOf = Callable[[User | AnonymousUser], APIClient]
HOOK = "http://127.0.0.1:9/hook"


def test_a_program_reads_what_its_person_was_told(cast: Cast, api_of: ApiOf) -> None:
    notify(Kind.REPORT_READY, to=[cast.rosa], about=cast.trial, path="/reports/7/")
    told = api_of(cast.rosa).get("/api/v1/notifications/").json()["results"]
    assert [(each["kind"], each["path"]) for each in told] == [("report-ready", "/reports/7/")]
    assert api_of(cast.rosa).get("/api/v1/notifications/?state=sent").json()["count"] == 0
    assert api_of(cast.uma).get("/api/v1/notifications/").json()["count"] == 0


def test_a_person_chooses_what_is_told_by_e_mail(cast: Cast, api_of: ApiOf) -> None:
    rosa, path = api_of(cast.rosa), "/api/v1/notifications/emails/"
    assert rosa.get(path).json()["kinds"] == [*Kind]
    wanted = {"kinds": ["report-signed", "report-ready"]}
    chosen = rosa.put(path, wanted, format="json").json()["kinds"]
    assert chosen == rosa.get(path).json()["kinds"] == ["report-ready", "report-signed"]
    event = AuditEvent.objects.get(action="notifications-chosen")
    assert event.old == {"muted": []}
    assert len(event.new["muted"]) == len(Kind) - 2
    notify(Kind.ANALYSIS_FAILED, to=[cast.rosa], about=cast.trial, path="/runs/7/")
    assert rosa.get("/api/v1/notifications/").json()["count"] == 0
    refused = rosa.put(path, {"kinds": ["gossip"]}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")


def test_a_webhook_is_added_listed_without_its_secret_and_removed(
    cast: Cast, api_of: ApiOf
) -> None:
    rosa = api_of(cast.rosa)
    added = rosa.post("/api/v1/webhooks/", {"url": HOOK}, format="json")
    assert added.status_code == 201
    assert added.json()["secret"].startswith("whsec_")
    listed = rosa.get("/api/v1/webhooks/").json()["results"]
    assert [{*each} for each in listed] == [{"id", "url", "created_at", "stopped_at"}]
    path = f"/api/v1/webhooks/{listed[0]['id']}/"
    assert api_of(cast.uma).delete(path).status_code == 404
    assert rosa.delete(path).status_code == 204
    assert not Webhook.objects.exists()


def test_an_unsafe_address_has_a_code(cast: Cast, api_of: ApiOf) -> None:
    url = "http://169.254.169.254/latest"
    answer = api_of(cast.rosa).post("/api/v1/webhooks/", {"url": url}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook-unsafe")


def test_a_stolen_key_cannot_send_messages_elsewhere(cast: Cast) -> None:
    _, key = create_token(cast.rosa, "notebook", scope="write")
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {key}")
    assert client.post("/api/v1/webhooks/", {"url": HOOK}, format="json").status_code == 403
