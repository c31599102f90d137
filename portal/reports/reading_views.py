"""Pages and forms of readers: every view fetches the reading of the person who asks."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.requests import signed_in
from portal.errors import PortalError
from portal.reports import reading_services as services
from portal.reports.models import Reading
from portal.reports.reading_images import Shown, picked_by, shown_version
from portal.reports.reading_list import build_reading_list
from portal.reports.reading_page import build_reading_page
from portal.reports.reading_rescans import ask_as_reader
from portal.reports.reading_selectors import reading_for
from portal.reports.sign_off_views import check_password


class OwnValuesForm(forms.Form):
    pdff_percent = forms.FloatField()
    r2star_per_s = forms.FloatField(required=False)


def version_for(reading: Reading, letter: str) -> Shown:
    found = shown_version(reading, letter)
    if found is None:
        raise Http404
    return found


@never_cache
@require_safe
def reading_list(request: HttpRequest) -> HttpResponse:
    page = build_reading_list(
        request.user, request.GET.get("state", ""), request.GET.get("page", "1")
    )
    return render(request, "reports/reading_list.html", {"page": page})


@never_cache
@ensure_csrf_cookie
@require_safe
def detail(request: HttpRequest, reading_id: UUID) -> HttpResponse:
    reading = reading_for(request.user, reading_id)
    shown = version_for(reading, request.GET.get("of", ""))
    page = build_reading_page(signed_in(request), reading, shown)
    viewer = asdict(page.viewer) if page.viewer else None
    return render(request, "reports/reading.html", {"page": page, "viewer_json": viewer})


@require_POST
def own_values(request: HttpRequest, reading_id: UUID) -> HttpResponse:
    reading = reading_for(request.user, reading_id)
    form = OwnValuesForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give your PDFF as a number, and R2* as a number or not at all.")
        return _back(reading)
    values = form.cleaned_data
    try:
        services.save_own_values(
            reading, values["pdff_percent"], values["r2star_per_s"], by=signed_in(request)
        )
    except PortalError as refusal:
        return _refused(request, reading, refusal)
    messages.success(request, "Your values are saved; the analysis is shown from now on.")
    return _back(reading)


@require_POST
def save(request: HttpRequest, reading_id: UUID) -> HttpResponse:
    reading = reading_for(request.user, reading_id)
    words = (request.POST.get(name, "") for name in ("text", "quality", "quality_note"))
    try:
        services.save_reading(reading, *words, by=signed_in(request))
    except PortalError as refusal:
        return _refused(request, reading, refusal)
    messages.success(request, "The reading is saved; it is not signed yet.")
    return _back(reading)


@require_POST
def decide(request: HttpRequest, reading_id: UUID) -> HttpResponse:
    reading = reading_for(request.user, reading_id)
    try:
        picked = picked_by(reading, request.POST.get("pick", ""))
        services.decide(reading, picked, by=signed_in(request))
    except PortalError as refusal:
        return _refused(request, reading, refusal)
    return _back(reading)


@sensitive_post_parameters("password")
@require_POST
def sign(request: HttpRequest, reading_id: UUID) -> HttpResponse:
    reading = reading_for(request.user, reading_id)
    try:
        check_password(request)
        services.sign_reading(reading, by=signed_in(request))
    except PortalError as refusal:
        return _refused(request, reading, refusal)
    messages.success(request, f"{reading.code} is signed.")
    return redirect("reports:readings")


@require_POST
def rescan(request: HttpRequest, reading_id: UUID) -> HttpResponse:
    reading = reading_for(request.user, reading_id)
    words = (request.POST.get("reason", ""), request.POST.get("action", ""))
    try:
        ask_as_reader(reading, *words, by=signed_in(request))
    except PortalError as refusal:
        return _refused(request, reading, refusal)
    messages.success(request, "The site is asked to scan again.")
    return _back(reading)


def _back(reading: Reading) -> HttpResponse:
    return redirect("reports:reading", reading.pk)


def _refused(request: HttpRequest, reading: Reading, refusal: PortalError) -> HttpResponse:
    messages.error(request, refusal.said)
    return _back(reading)
