"""Impression, signature and amendment of a report.

A signature covers the record: study, version, hash of ``report.json`` and the impression. Once a
report is signed its impression cannot change; a correction is a new version that says why.
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.utils import timezone

from analysis.wording import words
from portal.accounts.models import User
from portal.audit.services import record
from portal.errors import PortalError
from portal.reports.check_record import digest
from portal.reports.models import Impression, Reading, Report, ReportFile, Signature
from portal.reports.reading_record import reading_record
from portal.reports.roi_record import copy_rois, rois_record

LONGEST = 20_000


class SigningRefused(PortalError):
    """An impression, a signature or an amendment that cannot be taken as it stands."""


def signed_record(report: Report) -> dict[str, Any]:
    """Return what a signature covers, as plain data that anyone can hash again."""
    impression = Impression.objects.filter(report=report).first()
    covered = {
        "report": str(report.pk),
        "run": str(report.run_id),
        "study": str(report.study_id),
        "version": report.version,
        "document_sha256": report.sha256,
        "impression": impression.text if impression else "",
        "impression_by": str(impression.written_by_id) if impression else "",
    }
    if rois := rois_record(report):
        covered["regions"] = rois
    if reading := Reading.objects.filter(report=report).first():
        covered["reading"] = reading_record(reading)
    return covered


def is_intact(signature: Signature) -> bool:
    """Tell whether record and signature still hash to what was signed."""
    return (
        digest(signed_record(signature.report)) == signature.record_sha256
        and _signature_digest(signature) == signature.signature_sha256
    )


def signature_content(signature: Signature) -> dict[str, str]:
    """Return what the hash of a signature covers."""
    return {
        "record_sha256": signature.record_sha256,
        "signer": str(signature.signer_id),
        "printed_name": signature.printed_name,
        "email": signature.email,
        "meaning": signature.meaning,
        "signed_at": signature.signed_at.astimezone(UTC).isoformat(timespec="seconds"),
    }


def _signature_digest(signature: Signature) -> str:
    return digest(signature_content(signature))


def record_with_signatures(report: Report) -> dict[str, Any]:
    """Return what the signatures cover, so that anyone can hash it again without this portal."""
    signatures = [
        {"content": signature_content(each), "signature_sha256": each.signature_sha256}
        for each in report.signatures.all()
    ]
    return {"record": signed_record(report), "signatures": signatures}


def _locked(report: Report) -> Report:
    return Report.objects.select_for_update().get(pk=report.pk)


def refuse_if_signed(report: Report) -> None:
    if report.signatures.exists():
        raise SigningRefused(
            words("This version is signed and cannot change; make an amendment."),
            code="report-signed",
            status=HTTPStatus.CONFLICT,
        )


@transaction.atomic
def write_impression(report: Report, text: str, *, by: User) -> Impression:
    report = _locked(report)
    refuse_if_signed(report)
    text = text.replace("\r\n", "\n").strip()
    if not text or len(text) > LONGEST:
        raise SigningRefused(words("Write an impression first."), code="impression-empty")
    old = Impression.objects.filter(report=report).first()
    impression, _ = Impression.objects.update_or_create(
        report=report, defaults={"text": text, "written_by": by, "written_at": timezone.now()}
    )
    record(
        "impression-written",
        report,
        actor=by,
        old={"text": old.text} if old else None,
        new={"text": text},
        trial_id=report.study.trial_id,
    )
    return impression


@transaction.atomic
def sign(report: Report, meaning: str, *, by: User) -> Signature:
    """Sign a version; the caller has just checked the person's password again.

    1. Lock the report, so that the impression cannot change meanwhile.
    2. The first signature is the reader's own; a review needs something to agree with.
    3. Hash the record, then name, time and meaning together with that hash.
    """
    report = _locked(report)
    _refuse_wrong_order(report, meaning, by)
    signature = Signature(
        report=report,
        signer=by,
        printed_name=by.get_full_name(),
        email=by.email,
        meaning=Signature.Meaning(meaning),
        signed_at=datetime.now(UTC).replace(microsecond=0),
        record_sha256=digest(signed_record(report)),
    )
    signature.signature_sha256 = _signature_digest(signature)
    signature.save(force_insert=True)
    record(
        "report-signed",
        report,
        actor=by,
        new={
            "meaning": signature.meaning,
            "record_sha256": signature.record_sha256,
            "signature_sha256": signature.signature_sha256,
        },
        trial_id=report.study.trial_id,
    )
    return signature


def _refuse_wrong_order(report: Report, meaning: str, by: User) -> None:
    if meaning not in Signature.Meaning.values:
        raise SigningRefused(words("Choose what your signature means."), code="meaning-unknown")
    if not Impression.objects.filter(report=report).exists():
        raise SigningRefused(
            words("Save the impression first; the signature covers it."), code="impression-missing"
        )
    earlier = report.signatures.all()
    if any(signature.signer_id == by.pk for signature in earlier):
        raise SigningRefused(
            words("You have signed this version already."),
            code="signed-already",
            status=HTTPStatus.CONFLICT,
        )
    is_first = not earlier
    if is_first != (meaning == first_meaning(report)):
        raise SigningRefused(
            words("The first signature is the reader's, those after it are reviews."),
            code="wrong-meaning",
            status=HTTPStatus.CONFLICT,
        )


def first_meaning(report: Report) -> Signature.Meaning:
    """Return what the first signature of a version means: an adjudicator decides, others read."""
    reading = Reading.objects.filter(report=report).first()
    is_decision = reading is not None and reading.is_adjudication
    return Signature.Meaning.DECIDED if is_decision else Signature.Meaning.READ


@transaction.atomic
def amend(report: Report, reason: str, *, by: User) -> Report:
    """Make a new, unsigned version with the same numbers; the signed one stays as it is."""
    report = _locked(report)
    reason = reason.strip()
    if not reason:
        raise SigningRefused(words("Say why the report is amended."), code="reason-missing")
    if not report.signatures.exists():
        raise SigningRefused(
            words("Only a signed report is amended; change the impression instead."),
            code="not-signed",
            status=HTTPStatus.CONFLICT,
        )
    new = next_version(report, reason, by=by)
    new.save(force_insert=True)
    impression = report.impression
    Impression.objects.create(report=new, text=impression.text, written_by=impression.written_by)
    copy_files(report, new)
    copy_rois(report, new)
    record(
        "report-amended",
        new,
        actor=by,
        old={"report": report.pk, "version": report.version},
        new={"version": new.version, "reason": reason},
        trial_id=report.study.trial_id,
    )
    return new


def copy_files(old: Report, new: Report) -> None:
    """Give the new version the files of the old one: the same content under the same path."""
    for file in ReportFile.objects.filter(report=old):
        file.pk, file.report = None, new
        file.save(force_insert=True)


def next_version(report: Report, reason: str, *, by: User) -> Report:
    """Return the next version of the report of a run, not saved, with the numbers of this one."""
    newest = Report.objects.filter(run=report.run_id).order_by("-version").first() or report
    kept = {
        field.attname: getattr(report, field.attname)
        for field in Report._meta.concrete_fields
        if field.name not in {"id", "version", "created_at", "amends", "reason", "made_by"}
    }
    return Report(**kept, version=newest.version + 1, amends=report, reason=reason, made_by=by)
