from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.reports.models import Impression, Report, Signature
from portal.reports.signing import (
    SigningRefused,
    amend,
    is_intact,
    sign,
    signed_record,
    write_impression,
)
from portal.trials.models import Role
from portal.trials.services import add_member
from tests.portal.conftest import Cast

PASSWORD = "correct horse battery liver"
Browser = Callable[[User | AnonymousUser], Client]


@pytest.fixture
def rosa(cast: Cast) -> User:
    cast.rosa.set_password(PASSWORD)
    cast.rosa.save()
    return cast.rosa


def post(client: Client, name: str, report: Report, **values: str) -> str:
    """Send a form as a browser does, with its token, and return what the page says after it."""
    detail = reverse("reports:detail", args=[report.pk])
    client.get(detail)
    values["csrfmiddlewaretoken"] = client.cookies["csrftoken"].value
    answer = client.post(reverse(f"reports:{name}", args=[report.pk]), values, follow=True)
    return answer.content.decode()


def test_a_signature_binds_name_time_meaning_and_record(rosa: User, report: Report) -> None:
    write_impression(report, "Mild steatosis.", by=rosa)
    signature = sign(report, "read", by=rosa)
    text = json.dumps(
        signed_record(report), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert signature.record_sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert signature.printed_name == "Rosa"
    assert is_intact(signature)
    assert AuditEvent.objects.filter(action="report-signed", object_id=str(report.pk)).exists()


@pytest.mark.parametrize("change", ["impression", "document", "name", "time"])
def test_any_change_after_signing_shows(rosa: User, report: Report, change: str) -> None:
    write_impression(report, "Mild steatosis.", by=rosa)
    signature = sign(report, "read", by=rosa)
    if change == "impression":
        Impression.objects.update(text="Severe steatosis.")
    elif change == "document":
        Report.objects.update(sha256="0" * 64)
    elif change == "name":
        Signature.objects.update(printed_name="Somebody else")
    else:
        Signature.objects.update(signed_at="2020-01-01T00:00:00Z")
    assert not is_intact(Signature.objects.get(pk=signature.pk))


def test_a_signed_report_cannot_change(rosa: User, report: Report) -> None:
    write_impression(report, "Mild steatosis.", by=rosa)
    sign(report, "read", by=rosa)
    with pytest.raises(SigningRefused, match="make an amendment"):
        write_impression(report, "Something else.", by=rosa)
    with pytest.raises(SigningRefused, match="already"):
        sign(report, "reviewed", by=rosa)


def test_there_is_nothing_to_sign_without_an_impression(rosa: User, report: Report) -> None:
    with pytest.raises(SigningRefused, match="Save the impression first"):
        sign(report, "read", by=rosa)


def test_a_second_reader_reviews(rosa: User, cast: Cast, report: Report) -> None:
    add_member(cast.trial, cast.tom, Role.READER)
    write_impression(report, "Mild steatosis.", by=rosa)
    with pytest.raises(SigningRefused, match="first signature is the reader's"):
        sign(report, "reviewed", by=cast.tom)
    sign(report, "read", by=rosa)
    assert is_intact(sign(report, "reviewed", by=cast.tom))


def test_an_amendment_is_a_new_version_and_says_why(rosa: User, report: Report) -> None:
    with pytest.raises(SigningRefused, match="Only a signed report"):
        amend(report, "typing error", by=rosa)
    write_impression(report, "Mild steatosis.", by=rosa)
    signature = sign(report, "read", by=rosa)
    with pytest.raises(SigningRefused, match="Say why"):
        amend(report, "  ", by=rosa)
    new = amend(report, "typing error", by=rosa)
    assert (new.version, new.amends_id, new.sha256) == (2, report.pk, report.sha256)
    assert new.impression.text == "Mild steatosis."
    write_impression(new, "No steatosis.", by=rosa)
    assert is_intact(Signature.objects.get(pk=signature.pk))


def test_the_page_asks_for_the_password_at_each_signature(
    rosa: User, browser_of: Browser, report: Report
) -> None:
    client = browser_of(rosa)
    assert (
        "draft from the numbers"
        in client.get(reverse("reports:detail", args=[report.pk])).content.decode()
    )
    assert "impression is saved" in post(client, "impression", report, text="Mild steatosis.")
    said = post(client, "sign", report, meaning="read", password="a wrong password")
    assert "password is not right" in said
    assert not Signature.objects.exists()
    said = post(client, "sign", report, meaning="read", password=PASSWORD)
    assert "Signed electronically by" in said
    assert "Rosa" in said


def test_only_readers_of_the_site_may_write_and_sign(
    rosa: User, cast: Cast, browser_of: Browser, report: Report
) -> None:
    write_impression(report, "Mild steatosis.", by=rosa)
    for person, status in (
        (cast.uma, 403),  # uploads here
        (cast.mona, 403),  # monitors
        (cast.ada, 403),  # administrates, and reads nothing by that alone
        (cast.sam, 404),  # a stranger
    ):
        client = browser_of(person)
        client.get(reverse("reports:work-list"))
        token = client.get(reverse("reports:upload")).cookies["csrftoken"].value
        for name in ("impression", "sign", "amend"):
            answer = client.post(
                reverse(f"reports:{name}", args=[report.pk]),
                {"csrfmiddlewaretoken": token, "text": "x", "meaning": "read", "password": "x"},
            )
            assert answer.status_code == status, (person.name, name)
    assert not Signature.objects.exists()
