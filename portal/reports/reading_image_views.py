"""Images and corrected outlines of a reading, under addresses that name the reading only."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.requests import signed_in
from portal.errors import PortalError
from portal.reports.file_response import serve_file
from portal.reports.mask_edit import changed_labels, read_changes
from portal.reports.models import Reading
from portal.reports.pages import PreviewPage
from portal.reports.reading_images import Shown, images_of, outline_of
from portal.reports.reading_secrets import hides_norm
from portal.reports.reading_selectors import reading_for
from portal.reports.reading_services import correct_outline, preview_outline
from portal.reports.reading_views import version_for
from portal.reports.segment_table import build_table
from portal.reports.verdict import build_verdict
from portal.reports.viewer_files import (
    ERROR_SUFFIX,
    anatomy_file,
    cached,
    map_file,
    segments_file,
)


@cache_control(private=True, no_cache=True)
@require_safe
def image(request: HttpRequest, reading_id: UUID, name: str) -> HttpResponseBase:
    reading = reading_for(request.user, reading_id)
    return served_image(request, reading, request.GET.get("of", ""), name)


def served_image(
    request: HttpRequest, reading: Reading, letter: str, name: str
) -> HttpResponseBase:
    shown = version_for(reading, letter)
    path = cached(
        f"readings/{shown.report.pk}/{shown.token}/{name}.nii.gz", lambda: _volume(shown, name)
    )
    return serve_file(request, path, etag=f"{shown.token}-{name}", media_type="application/gzip")


def _volume(shown: Shown, name: str) -> bytes:
    if name == "segments":
        return segments_file(outline_of(shown))
    images = images_of(shown)
    if name == "anatomy":
        return anatomy_file(images)
    turned = images.get(name.removesuffix(ERROR_SUFFIX))
    of_error = name.endswith(ERROR_SUFFIX)
    if turned is None or (of_error and turned.standard_error is None):
        raise Http404
    return map_file(images, turned, of_error=of_error)


@require_POST
def preview_mask(request: HttpRequest, reading_id: UUID) -> HttpResponse:
    """Answer the numbers of the outline in the body, as the parts of the page that show them."""
    reading = reading_for(request.user, reading_id)
    try:
        found = preview_outline(reading, request.body)
    except PortalError as refusal:
        return _refused(refusal)
    page = PreviewPage(
        verdict=build_verdict(found.numbers, is_norm_withheld=hides_norm(reading.case)),
        table=build_table(found.numbers),
        dice=f"{found.dice:.3f}",
        changed_voxels=found.changed_voxels,
    )
    return render(request, "reports/_preview.html", {"page": page})


@require_POST
def save_mask(request: HttpRequest, reading_id: UUID) -> HttpResponse:
    """Keep the outline in the body as the reader's own; the reason comes in the address."""
    reading = reading_for(request.user, reading_id)
    try:
        labels = changed_labels(reading.report, read_changes(reading.report, request.body))
        correct_outline(reading, labels, request.GET.get("reason", ""), by=signed_in(request))
    except PortalError as refusal:
        return _refused(refusal)
    url = reverse("reports:reading", args=[reading.pk])
    return JsonResponse({"url": url}, status=HTTPStatus.CREATED)


def _refused(refusal: PortalError) -> JsonResponse:
    body = {"code": refusal.code, "message": refusal.said, "details": {}}
    return JsonResponse(body, status=refusal.status)
