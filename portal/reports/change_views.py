from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_safe

from analysis.change.images import ImageComparison
from analysis.change.numbers import compare_reports
from analysis.change.written import change_csv
from portal.accounts.models import User
from portal.reports.change_files import change_picture, delta_of, volume_file
from portal.reports.change_images_page import image_state
from portal.reports.change_jobs import ask_for, comparison_of, result_of, revive
from portal.reports.change_models import Comparison
from portal.reports.change_page import build_change_page
from portal.reports.change_visits import (
    ordered_report_for,
    pair_for,
    visits_of,
)
from portal.reports.file_response import serve_file
from portal.reports.selectors import Viewer
from portal.reports.viewer_files import cached


@never_cache
@ensure_csrf_cookie
@require_safe
def change(request: HttpRequest, report_id: UUID) -> HttpResponse:
    report = ordered_report_for(request.user, report_id)
    page = build_change_page(request.user, report, request.GET.get("baseline"))
    viewer = asdict(page.images.viewer) if page.images and page.images.viewer else None
    template = "reports/_change.html" if "part" in request.GET else "reports/change.html"
    return render(request, template, {"change": page, "change_viewer": viewer})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change_images(request: HttpRequest, report_id: UUID, baseline_id: UUID) -> HttpResponse:
    """Start the comparison of images (POST), or say how far it is (GET)."""
    report, baseline = pair_for(request.user, report_id, baseline_id)
    if request.method == "POST" and isinstance(request.user, User):
        ask_for(request.user, baseline.report, report)
        if "part" not in request.GET:
            address = f"{redirect('reports:change', report.pk).url}?baseline={baseline_id}"
            return redirect(address)
    comparison = comparison_of(baseline.report, report)
    if comparison is not None:
        revive(comparison)
    state = image_state(
        baseline.report, report, comparison, result_of(comparison) if comparison else None
    )
    return render(request, "reports/_change_images.html", {"images": state})


@never_cache
@require_safe
def change_table(request: HttpRequest, report_id: UUID, baseline_id: UUID) -> HttpResponse:
    report, baseline = pair_for(request.user, report_id, baseline_id)
    this = next(v for v in visits_of(request.user, report) if v.report.pk == report.pk)
    comparison = comparison_of(baseline.report, report)
    images = result_of(comparison) if comparison else None
    content = change_csv(compare_reports(baseline.numbers, this.numbers), images)
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="change-{report.pk}.csv"'
    return response


@require_safe
def volume(request: HttpRequest, comparison_id: UUID, name: str) -> HttpResponseBase:
    return served_volume(request, comparison_id, name)


def served_volume(request: HttpRequest, comparison_id: UUID, name: str) -> HttpResponseBase:
    comparison, images = _compared(request.user, comparison_id)
    content = volume_file(images, name)
    if content is None:
        raise Http404
    path = cached(_place(comparison, f"{name}.nii.gz"), lambda: content)
    etag = f"{comparison.output_sha256[:32]}-{name}"
    return serve_file(request, path, etag=etag, media_type="application/gzip")


@require_safe
def picture(request: HttpRequest, comparison_id: UUID, name: str) -> HttpResponseBase:
    comparison, images = _compared(request.user, comparison_id)
    delta = delta_of(images, name)
    if delta is None:
        raise Http404
    path = cached(_place(comparison, f"{name}.png"), lambda: change_picture(images, delta))
    etag = f"{comparison.output_sha256[:32]}-{name}"
    return serve_file(request, path, etag=etag, media_type="image/png")


def _place(comparison: Comparison, name: str) -> str:
    """Below the folder of the later report, with which it is deleted."""
    return f"{comparison.follow_up_id}/change-{comparison.output_sha256[:32]}-{name}"


def _compared(user: Viewer, comparison_id: UUID) -> tuple[Comparison, ImageComparison]:
    """Fetch a comparison of two reports that the person may see, in their order."""
    comparison = get_object_or_404(Comparison, pk=comparison_id)
    ordered_report_for(user, comparison.baseline_id)
    ordered_report_for(user, comparison.follow_up_id)
    images = result_of(comparison)
    if images is None:
        raise Http404
    return comparison, images
