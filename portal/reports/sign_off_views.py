from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from analysis.wording import words
from portal.accounts.requests import signed_in
from portal.reports import signing
from portal.reports.models import Report
from portal.reports.selectors import readable_report_for
from portal.reports.signing import SigningRefused


def _back(report: Report) -> HttpResponse:
    return redirect(f"{reverse('reports:detail', args=[report.pk])}#sign-off")


def _refused(request: HttpRequest, report: Report, refusal: SigningRefused) -> HttpResponse:
    messages.error(request, refusal.said)
    return _back(report)


@require_POST
def write_impression(request: HttpRequest, report_id: UUID) -> HttpResponse:
    report = readable_report_for(request.user, report_id)
    try:
        signing.write_impression(report, request.POST.get("text", ""), by=signed_in(request))
    except SigningRefused as refusal:
        return _refused(request, report, refusal)
    messages.success(request, _("The impression is saved."))
    return _back(report)


@sensitive_post_parameters("password")
@require_POST
def sign(request: HttpRequest, report_id: UUID) -> HttpResponse:
    report = readable_report_for(request.user, report_id)
    user = signed_in(request)
    try:
        check_password(request)
        signing.sign(report, request.POST.get("meaning", ""), by=user)
    except SigningRefused as refusal:
        return _refused(request, report, refusal)
    messages.success(request, _("The report is signed."))
    return _back(report)


def check_password(request: HttpRequest) -> None:
    """Ask for the password again at each signature; wrong ones count against the rate limit."""
    try:
        is_right = get_adapter(request).reauthenticate(
            signed_in(request), request.POST.get("password", "")
        )
    except ValidationError as error:  # too many attempts
        raise SigningRefused(
            " ".join(error.messages), code="too-many-attempts", status=HTTPStatus.TOO_MANY_REQUESTS
        ) from error
    if not is_right:
        raise SigningRefused(
            words("The password is not right; nothing was signed."),
            code="password-wrong",
            status=HTTPStatus.FORBIDDEN,
        )


@require_POST
def amend(request: HttpRequest, report_id: UUID) -> HttpResponse:
    report = readable_report_for(request.user, report_id)
    try:
        new = signing.amend(report, request.POST.get("reason", ""), by=signed_in(request))
    except SigningRefused as refusal:
        return _refused(request, report, refusal)
    messages.success(request, f"Version {new.version} is open for changes.")
    return _back(new)
