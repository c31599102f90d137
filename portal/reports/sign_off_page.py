"""What the page shows of impression, signatures and versions."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from analysis.report import LiverReport
from portal.reports.impression import draft_impression
from portal.reports.models import Impression, Report, Signature
from portal.reports.pages import SignatureLine, SignOff, VersionLine
from portal.reports.selectors import Viewer, may_sign
from portal.reports.signing import is_intact
from portal.wording import said


def build_sign_off(user: Viewer, report: Report, numbers: LiverReport) -> SignOff:
    impression = Impression.objects.filter(report=report).select_related("written_by").first()
    signatures = [*report.signatures.all()]
    reads = may_sign(user, report)
    has_signed = any(signature.signer_id == user.pk for signature in signatures)
    meaning = Signature.Meaning.REVIEWED if signatures else Signature.Meaning.READ
    return SignOff(
        impression=impression.text if impression else draft_impression(numbers),
        is_draft=impression is None,
        written_by=str(impression.written_by) if impression else "",
        written_at=impression.written_at if impression else None,
        signatures=tuple(map(signature_line, signatures)),
        versions=_versions(report),
        may_write=reads and not signatures,
        may_sign=reads and impression is not None and not has_signed,
        may_amend=reads and bool(signatures),
        meaning=meaning.value,
        meaning_label=said(str(meaning.label)),
        printed_name=str(user),
    )


def signature_line(signature: Signature) -> SignatureLine:
    return SignatureLine(
        printed_name=signature.printed_name,
        meaning=said(str(signature.get_meaning_display())),
        signed_at=signature.signed_at,
        signature_sha256=signature.signature_sha256,
        is_intact=is_intact(signature),
    )


def _versions(report: Report) -> tuple[VersionLine, ...]:
    versions = Report.objects.filter(run=report.run_id).order_by("version")
    return tuple(
        VersionLine(
            version=each.version,
            url=reverse("reports:detail", args=[each.pk]),
            created_at=each.created_at,
            made_by=str(each.made_by) if each.made_by else _("the analysis"),
            reason=each.reason,
            is_signed=bool(each.signatures.all()),
            is_this=each.pk == report.pk,
        )
        for each in versions.select_related("made_by").prefetch_related("signatures")
    )
