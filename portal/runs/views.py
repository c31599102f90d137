from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.requests import signed_in
from portal.runs import selectors, services


@never_cache
@require_safe
def detail(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run = selectors.run_for(request.user, run_id)
    return render(request, "runs/detail.html", {"page": selectors.page_of(run, request.user)})


@never_cache
@require_safe
def progress(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run = selectors.run_for(request.user, run_id)
    context = {"progress": selectors.progress_of(run, request.user)}
    return render(request, "runs/_progress.html", context)


@require_POST
def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run = selectors.changeable_run_for(request.user, run_id)
    services.cancel_run(run, signed_in(request))
    return redirect("runs:detail", run_id=run_id)


@require_POST
def retry(request: HttpRequest, run_id: UUID) -> HttpResponse:
    run = selectors.changeable_run_for(request.user, run_id)
    services.retry_run(run, signed_in(request))
    return redirect("runs:detail", run_id=run_id)
