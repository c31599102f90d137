from __future__ import annotations

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from portal.accounts.requests import signed_in
from portal.errors import PortalError
from portal.reports import rois
from portal.reports.documents import liver_report
from portal.reports.models import Report
from portal.reports.roi_page import build_rois
from portal.reports.rois import Drawn
from portal.reports.selectors import readable_report_for


def _page(request: HttpRequest, report: Report) -> HttpResponse:
    page = build_rois(request.user, report, liver_report(report))
    return render(request, "reports/_rois.html", {"rois": page})


def _refused(refusal: PortalError) -> JsonResponse:
    body = {"code": refusal.code, "message": refusal.said, "details": {}}
    return JsonResponse(body, status=refusal.status)


def _drawn(report: Report, body: bytes) -> tuple[Drawn, ...]:
    """Return the regions that a request draws."""
    try:
        wanted = json.loads(body)
    except ValueError as error:
        raise rois.damaged() from error
    return rois.drawn_from(report, wanted)


@require_POST
def draw(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Measure and keep what the reader drew; answer the table of regions."""
    report = readable_report_for(request.user, report_id)
    try:
        rois.keep(report, _drawn(report, request.body), by=signed_in(request))
    except PortalError as refusal:
        return _refused(refusal)
    return _page(request, report)


@require_POST
def remove(request: HttpRequest, report_id: UUID, roi_id: UUID) -> HttpResponse:
    report = readable_report_for(request.user, report_id)
    try:
        rois.remove(report, roi_id, by=signed_in(request))
    except PortalError as refusal:
        return _refused(refusal)
    return _page(request, report)
