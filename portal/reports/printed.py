"""The printed report of a version: the numbers with words, signatures and change."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import qrcode  # type: ignore[import-untyped]  # its stubs are a package of their own
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from analysis.export.page_tables import Table
from analysis.export.pdf_report import render_pdf
from analysis.export.printed_sign_off import PrintedSignature, PrintedSignOff
from portal.accounts.models import User
from portal.reports.documents import liver_report
from portal.reports.export_request import stored_request
from portal.reports.models import Impression, Report, Signature
from portal.reports.printed_change import printed_change
from portal.reports.roi_page import build_rois
from portal.reports.viewer_files import cached


def printed_pdf(report: Report, *, reader: User) -> Path:
    """Return the PDF of a version as it stands now; the same state is set once only."""
    sign_off = printed_sign_off(report, reader=reader)
    state = json.dumps([report.sha256, asdict(sign_off)], sort_keys=True)
    name = hashlib.sha256(state.encode()).hexdigest()
    return cached(
        f"{report.pk}/print-{name[:24]}.pdf", lambda: render_pdf(stored_request(report), sign_off)
    )


# What is printed is English, as all files are, whatever language the reader's pages are in.
@translation.override(settings.LANGUAGE_CODE)
def printed_sign_off(report: Report, *, reader: User) -> PrintedSignOff:
    impression = Impression.objects.filter(report=report).select_related("written_by").first()
    signatures = tuple(_signature(each) for each in report.signatures.all())
    address = check_address(signatures[0].record_sha256) if signatures else ""
    return PrintedSignOff(
        version=_version(report, impression),
        impression=impression.text if impression else "",
        regions=_regions(report, reader),
        signatures=signatures,
        check=f"To check: {address}, or offline with record.json of this report."
        if address
        else "",
        code=_code(address) if address else (),
        change=printed_change(report, reader=reader),
    )


def check_address(record_sha256: str) -> str:
    """Return the address at which anyone who holds the hash can check it."""
    return f"{settings.SITE_URL}{reverse('reports:verify', args=[record_sha256])}"


def _version(report: Report, impression: Impression | None) -> str:
    made = f", by {report.made_by}: {report.reason}" if report.made_by else ", by the analysis"
    words = f"Version {report.version}{made}. Report SHA-256 {report.sha256}."
    return f"{words} Impression by {impression.written_by}." if impression else words


def _signature(signature: Signature) -> PrintedSignature:
    return PrintedSignature(
        printed_name=signature.printed_name,
        signed_at=in_words(signature.signed_at),
        meaning=str(signature.get_meaning_display()),
        record_sha256=signature.record_sha256,
        signature_sha256=signature.signature_sha256,
    )


def in_words(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%d %B %Y, %H:%M:%S} UTC"


def _regions(report: Report, reader: User) -> Table | None:
    page = build_rois(reader, report, liver_report(report))
    if page is None or not page.drawn:
        return None
    rows = tuple((line.name, *line.cells, line.n_voxels) for line in page.lines)
    return Table(("Region, mean (SD)", *page.quantities, "Voxels"), rows)


def _code(address: str) -> tuple[str, ...]:
    # A fixed pattern: to compare all eight takes half a second, and any of them can be read.
    code = qrcode.QRCode(border=2, box_size=1, mask_pattern=2)
    code.add_data(address)
    code.make()
    return tuple("".join("1" if cell else "0" for cell in row) for row in code.get_matrix())
