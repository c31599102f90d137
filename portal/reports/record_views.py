"""The printed report, the signed record as data, and the page that checks its hash."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.accounts.requests import signed_in
from portal.reports.file_response import serve_file
from portal.reports.models import Signature
from portal.reports.pages import CheckPage
from portal.reports.printed import printed_pdf
from portal.reports.selectors import report_for
from portal.reports.sign_off_page import signature_line
from portal.reports.signing import record_with_signatures


@never_cache
@require_safe
def print_out(request: HttpRequest, report_id: UUID) -> HttpResponseBase:
    report = report_for(request.user, report_id)
    path = printed_pdf(report, reader=signed_in(request))
    name = f"{report.study.subject.code}-version-{report.version}.pdf"
    return serve_file(request, path, etag=path.stem, media_type="application/pdf", name=name)


@never_cache
@require_safe
def record(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Answer what the signatures cover, so that anyone can hash it again without this portal."""
    report = report_for(request.user, report_id)
    response = JsonResponse(
        record_with_signatures(report),
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )
    response.headers["Content-Disposition"] = f'attachment; filename="record-{report.pk}.json"'
    return response


@never_cache
@login_not_required
@require_safe
def verify(request: HttpRequest, record_sha256: str) -> HttpResponse:
    """Say whether a printed hash is that of a signed record, and only what the print says too."""
    found = Signature.objects.filter(record_sha256=record_sha256).select_related("report")
    page = CheckPage(record_sha256, tuple(signature_line(each) for each in found))
    return render(
        request, "reports/check.html", {"page": page}, status=200 if page.signatures else 404
    )
