from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from portal.accounts.requests import signed_in
from portal.reports.documents import liver_report, study_images
from portal.reports.file_response import serve_file
from portal.reports.reading_summary import reading_summary
from portal.reports.report_page import build_report_page
from portal.reports.report_ranges import shown_range
from portal.reports.segment_table import build_table, table_as_csv
from portal.reports.selectors import file_for, is_held_back, report_for, report_of_run_for
from portal.reports.viewer_files import DRAWING, cached, picture, picture_slices
from portal.reports.viewer_volumes import volume_path
from portal.reports.work_list import build_work_list
from portal.reports.work_list_context import SiteChoice, UploadPage
from portal.runs import storage
from portal.studies.selectors import MAY_UPLOAD
from portal.trials.models import Role
from portal.trials.selectors import sites_for, trials_for

UNSCHEDULED = ("Baseline",)
_ANY = UUID(int=0)


@never_cache
@require_safe
def work_list(request: HttpRequest) -> HttpResponse:
    template = "reports/_rows.html" if "part" in request.GET else "reports/work_list.html"
    return render(request, template, {"page": build_work_list(request.user, request.GET)})


@never_cache
@ensure_csrf_cookie
@require_safe
def upload(request: HttpRequest) -> HttpResponse:
    sites = sites_for(request.user, MAY_UPLOAD).select_related("trial").order_by("trial", "name")
    is_administrator = signed_in(request).is_administrator
    page = UploadPage(
        sites=tuple(
            SiteChoice(
                id=str(site.pk),
                label=f"{site.trial.name}: {site.name}",
                visits=tuple(str(v["name"]) for v in site.trial.visit_schedule) or UNSCHEDULED,
            )
            for site in sites
        ),
        may_add_site=trials_for(request.user, (Role.MANAGER,)).exists() or is_administrator,
        uploads_url=reverse("api-uploads"),
        studies_url=reverse("api-studies"),
        runs_url=reverse("runs:detail", args=[_ANY]).removesuffix(f"{_ANY}/"),
        tus_url=reverse("tus-transfers"),
        max_files=settings.UPLOAD_MAX_FILES,
        max_bytes=settings.UPLOAD_MAX_BYTES,
    )
    return render(request, "studies/upload.html", {"page": page, "page_json": asdict(page)})


@cache_control(private=True, no_cache=True)
@ensure_csrf_cookie
@require_safe
def detail(request: HttpRequest, report_id: UUID) -> HttpResponse:
    report = report_for(request.user, report_id)
    page = build_report_page(request.user, report)
    viewer = asdict(page.viewer) if page.viewer else None
    context = {"page": page, "viewer_json": viewer, "summary": reading_summary(report)}
    return render(request, "reports/detail.html", context)


@require_safe
def of_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    if is_held_back(request.user, run_id):
        return render(request, "reports/held_back.html", status=HTTPStatus.FORBIDDEN)
    return redirect("reports:detail", report_of_run_for(request.user, run_id).pk)


@require_safe
def segments(request: HttpRequest, report_id: UUID) -> HttpResponse:
    report = report_for(request.user, report_id)
    response = HttpResponse(
        table_as_csv(build_table(liver_report(report))), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="segments-{report.pk}.csv"'
    return response


@require_safe
def file(request: HttpRequest, report_id: UUID, name: str) -> HttpResponseBase:
    found = file_for(request.user, report_id, name)
    return serve_file(
        request,
        storage.absolute(found.path),
        etag=found.sha256,
        media_type=found.media_type,
        name=found.name.rpartition("/")[2],
    )


@require_safe
def image(request: HttpRequest, report_id: UUID, name: str) -> HttpResponseBase:
    report = report_for(request.user, report_id)
    etag = f"{report.sha256[:32]}-{name}"
    path = volume_path(report, name)
    return serve_file(request, path, etag=etag, media_type="application/gzip")


@require_safe
def slice_picture(request: HttpRequest, report_id: UUID, name: str, k: int) -> HttpResponseBase:
    """Answer the picture number ``k`` of a map, counted from the top of the liver."""
    report = report_for(request.user, report_id)
    images = study_images(report)
    turned, slices = images.get(name), picture_slices(images)
    if turned is None or k >= len(slices):
        raise Http404
    shown = shown_range(liver_report(report), turned.quantity)
    path = cached(f"{report.pk}/{name}-{k}.png", lambda: picture(images, turned, slices[k], shown))
    etag = f"{report.sha256[:32]}-{name}-{k}-{DRAWING}"
    return serve_file(request, path, etag=etag, media_type="image/png")
