from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pypdf
import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse

from portal.accounts.models import User
from portal.reports import check_record
from portal.reports.documents import study_images
from portal.reports.models import Impression, Report, Signature
from portal.reports.printed import check_address, printed_sign_off
from portal.reports.rois import circle, keep
from portal.reports.signing import sign, write_impression
from portal.runs import storage
from tests.portal.conftest import Cast

Browser = Callable[[User | AnonymousUser], Client]


@pytest.fixture
def signed(cast: Cast, report: Report) -> Signature:
    keep(report, (circle(study_images(report), (25, 12, 9), 11.0),), by=cast.rosa)
    write_impression(report, "Mild steatosis, no iron.", by=cast.rosa)
    return sign(report, "read", by=cast.rosa)


def squeezed(text: str) -> str:
    return "".join(text.split())


def printed_text(client: Client, report: Report) -> str:
    answer = client.get(reverse("reports:print", args=[report.pk]))
    content = b"".join(answer.streaming_content)
    reader = pypdf.PdfReader(io.BytesIO(content))
    assert len(reader.pages) <= 2
    return squeezed("".join(page.extract_text() for page in reader.pages))


def test_the_print_has_name_time_meaning_and_hashes(
    cast: Cast, browser_of: Browser, signed: Signature
) -> None:
    text = printed_text(browser_of(cast.uma), signed.report)
    for words in (
        "Mild steatosis, no iron.",
        f"Signed electronically by {signed.printed_name} on {signed.signed_at:%d %B %Y, %H:%M:%S}",
        signed.get_meaning_display(),
        signed.record_sha256,
        signed.signature_sha256,
        "14.0 (SD 0.0)",
        check_address(signed.record_sha256),
    ):
        assert squeezed(str(words)) in text, words


def test_an_unsigned_print_has_no_signature_and_no_draft(
    cast: Cast, browser_of: Browser, report: Report
) -> None:
    text = printed_text(browser_of(cast.rosa), report)
    assert "Signedelectronically" not in text
    assert squeezed("No reader has written an impression yet.") in text
    assert printed_sign_off(report, reader=cast.rosa).code == ()


def test_the_code_is_a_square_of_dark_and_light(cast: Cast, signed: Signature) -> None:
    code = printed_sign_off(signed.report, reader=cast.rosa).code
    assert {len(row) for row in code} == {len(code)}
    assert set("".join(code)) == {"0", "1"}


def test_anyone_who_holds_the_hash_can_check_it(browser_of: Browser, signed: Signature) -> None:
    answer = browser_of(AnonymousUser()).get(reverse("reports:verify", args=[signed.record_sha256]))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "its record is unchanged" in text
    assert signed.printed_name in text
    assert signed.report.study.subject.code not in text


def test_the_check_notices_a_changed_record(browser_of: Browser, signed: Signature) -> None:
    Impression.objects.update(text="Severe steatosis.")
    answer = browser_of(AnonymousUser()).get(reverse("reports:verify", args=[signed.record_sha256]))
    assert "its record was changed afterwards" in answer.content.decode()


def test_the_check_does_not_know_an_unknown_hash(browser_of: Browser, report: Report) -> None:
    answer = browser_of(AnonymousUser()).get(reverse("reports:verify", args=["0" * 64]))
    assert answer.status_code == 404
    assert "No signed report has this hash" in answer.content.decode()


def record_of(client: Client, report: Report) -> dict[str, object]:
    answer = client.get(reverse("reports:record", args=[report.pk]))
    document: dict[str, object] = json.loads(answer.content)
    return document


def test_the_record_is_checked_offline_by_one_file(
    cast: Cast, browser_of: Browser, signed: Signature, tmp_path: Path
) -> None:
    answer = browser_of(cast.mona).get(reverse("reports:record", args=[signed.report.pk]))
    (tmp_path / "record.json").write_bytes(answer.content)
    report_file = storage.absolute(signed.report.path)
    command = [sys.executable, "-I", check_record.__file__, str(tmp_path / "record.json")]
    done = subprocess.run([*command, str(report_file)], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert "All hashes agree." in done.stdout
    assert signed.record_sha256 in done.stdout


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["record"].update(impression="Severe."), "not the one that"),
        (lambda d: d["signatures"][0]["content"].update(meaning="reviewed"), "was changed"),
        (lambda d: d["signatures"].clear(), "no signature"),
    ],
)
def test_the_offline_check_notices_what_was_changed(
    cast: Cast,
    browser_of: Browser,
    signed: Signature,
    change: Callable[[object], None],
    words: str,
) -> None:
    document = record_of(browser_of(cast.rosa), signed.report)
    assert check_record.faults(document, None) == []
    change(document)
    assert words in " ".join(check_record.faults(document, None))


def test_the_offline_check_notices_another_report(
    cast: Cast, browser_of: Browser, signed: Signature
) -> None:
    document = record_of(browser_of(cast.rosa), signed.report)
    assert check_record.faults(document, b"{}") == ["report.json is not the one that was signed."]
