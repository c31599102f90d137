from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from portal.accounts.requests import signed_in
from portal.reports.mask_edit import EditRefused, changed_labels, preview, read_changes
from portal.reports.pages import PreviewPage
from portal.reports.segment_table import build_table
from portal.reports.selectors import readable_report_for
from portal.reports.verdict import build_verdict
from portal.reports.versions import save_correction


def _refused(refusal: EditRefused) -> JsonResponse:
    body = {"code": refusal.code, "message": refusal.said, "details": {}}
    return JsonResponse(body, status=refusal.status)


@require_POST
def preview_mask(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Answer the numbers after the changes in the body, as the parts of the page that show them."""
    report = readable_report_for(request.user, report_id)
    try:
        found = preview(report, read_changes(report, request.body))
    except EditRefused as refusal:
        return _refused(refusal)
    page = PreviewPage(
        verdict=build_verdict(found.numbers),
        table=build_table(found.numbers),
        dice=f"{found.dice:.3f}",
        changed_voxels=found.changed_voxels,
    )
    return render(request, "reports/_preview.html", {"page": page})


@require_POST
def save_mask(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Keep the changes in the body as a new version; the reason comes in the address."""
    report = readable_report_for(request.user, report_id)
    try:
        labels = changed_labels(report, read_changes(report, request.body))
        reason = request.GET.get("reason", "")
        new = save_correction(report, labels, reason, by=signed_in(request))
    except EditRefused as refusal:
        return _refused(refusal)
    url = reverse("reports:detail", args=[new.pk])
    return JsonResponse({"url": url}, status=HTTPStatus.CREATED)
