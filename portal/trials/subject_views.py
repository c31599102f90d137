from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.requests import signed_in
from portal.errors import PortalError
from portal.trials.models import RescanRequest
from portal.trials.rescans import (
    MAY_ANSWER,
    MAY_ASK,
    answer_rescan,
    ask_for_rescan,
    managed_rescan_for,
    rescan_for,
    withdraw_rescan,
)
from portal.trials.selectors import subject_for, trial_for, visits_for
from portal.trials.subject_pages import (
    build_rescan_page,
    build_subject_list,
    build_subject_page,
    rescan_lines,
)


@never_cache
@require_safe
def subjects(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    user = signed_in(request)
    trial = trial_for(user, trial_id)
    query = request.GET
    page = build_subject_list(
        user, trial, query.get("site", ""), query.get("page", "1"), query.get("search", "")
    )
    return render(request, "trials/subjects.html", {"page": page})


@never_cache
@require_safe
def subject(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    user = signed_in(request)
    page = build_subject_page(subject_for(user, subject_id), user)
    return render(request, "trials/subject.html", {"page": page})


@never_cache
@require_safe
def rescans(request: HttpRequest) -> HttpResponse:
    lines = rescan_lines(signed_in(request))
    return render(request, "trials/rescans.html", {"lines": lines})


@never_cache
@require_safe
def rescan(request: HttpRequest, request_id: UUID) -> HttpResponse:
    user = signed_in(request)
    page = build_rescan_page(user, rescan_for(user, request_id))
    return render(request, "trials/rescan.html", {"page": page})


@require_POST
def ask(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Raise a request from a protocol verdict, while the patient may still be there."""
    user = signed_in(request)
    visits = visits_for(user, MAY_ASK).filter(subject=subject_id)
    visit = get_object_or_404(visits, name=request.POST.get("visit", ""))
    try:
        made = ask_for_rescan(
            visit,
            RescanRequest.Source.PROTOCOL,
            request.POST.get("reason", ""),
            request.POST.get("action", ""),
            by=user,
        )
    except PortalError as refusal:
        messages.error(request, refusal.said)
        return redirect("subject", subject_id)
    return redirect("rescan", made.pk)


@require_POST
def answer(request: HttpRequest, request_id: UUID) -> HttpResponse:
    user = signed_in(request)
    found = rescan_for(user, request_id, MAY_ANSWER)
    try:
        answer_rescan(found, request.POST.get("answer", ""), by=user)
    except PortalError as refusal:
        messages.error(request, refusal.said)
    return redirect("rescan", found.pk)


@require_POST
def withdraw(request: HttpRequest, request_id: UUID) -> HttpResponse:
    found = managed_rescan_for(request.user, request_id)
    try:
        withdraw_rescan(found, request.POST.get("reason", ""), by=signed_in(request))
    except PortalError as refusal:
        messages.error(request, refusal.said)
    return redirect("rescan", found.pk)
