from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from portal.accounts.requests import signed_in
from portal.errors import PortalError
from portal.reports import rois
from portal.reports.documents import liver_report, study_images
from portal.reports.models import Report, Roi
from portal.reports.roi_page import build_rois
from portal.reports.rois import Drawn, RoiRefused
from portal.reports.selectors import readable_report_for


def _page(request: HttpRequest, report: Report) -> HttpResponse:
    page = build_rois(request.user, report, liver_report(report))
    return render(request, "reports/_rois.html", {"rois": page})


def _refused(refusal: PortalError) -> JsonResponse:
    body = {"code": refusal.code, "message": refusal.message, "details": {}}
    return JsonResponse(body, status=refusal.status)


def _drawn(report: Report, body: bytes) -> tuple[Drawn, ...]:
    """Return the regions that a request draws."""
    try:
        wanted: dict[str, Any] = json.loads(body)
        kind = Roi.Kind(wanted["kind"])
        if kind == Roi.Kind.NINE:
            return rois.nine(report)
        images = study_images(report)
        if kind == Roi.Kind.FREEHAND:
            return (rois.freehand(images, [int(n) for n in wanted["voxels"]]),)
        i, j, k = (int(n) for n in wanted["centre"])
        return (rois.circle(images, (i, j, k), float(wanted["radius_mm"])),)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise RoiRefused(
            "The region did not arrive as it was drawn; try again.", code="roi-damaged"
        ) from error


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
