"""Pages of those who plan a trial: protocol, visits and subject codes, reading scheme."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.requests import signed_in
from portal.errors import PortalError
from portal.trials.models import Protocol
from portal.trials.plan_forms import (
    ExampleForm,
    ProtocolForm,
    ScheduleForm,
    SchemeForm,
    SubjectRulesForm,
)
from portal.trials.plan_pages import (
    PlanPage,
    ProtocolPage,
    SchemePage,
    judged_example,
    schedule_lines,
    scheme_versions,
)
from portal.trials.schemes import set_scheme
from portal.trials.selectors import managed_trial_for, scheme_of
from portal.trials.services import set_protocol
from portal.trials.visits import set_schedule, set_subject_rules

_FORM = require_http_methods(["GET", "HEAD", "POST"])


@_FORM
def protocol(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    """Change what the trial asks of acquisitions; ``check`` only tries it on an example."""
    trial = managed_trial_for(request.user, trial_id)
    current = Protocol.objects.filter(trial=trial).first()
    data = request.POST or None
    form, example = ProtocolForm(data, protocol=current), ExampleForm(data)
    if form.is_valid() and "save" in request.POST:
        values = form.cleaned_data
        set_protocol(trial, values["name"], values["rules"], by=signed_in(request))
        messages.success(request, _("The protocol is saved as a new version."))
        return redirect("trial-protocol", trial.pk)
    page = ProtocolPage(
        trial=trial,
        version=current.version if current else None,
        form=form,
        example=example,
        verdict=judged_example(form, example),
    )
    return render(request, "trials/protocol.html", {"page": page}, status=_status(form.errors))


@_FORM
def visits(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    trial = managed_trial_for(request.user, trial_id)
    form = ScheduleForm(request.POST or None, trial=trial)
    if form.is_valid():
        set_schedule(trial, form.cleaned_data["visits"], by=signed_in(request))
        messages.success(request, _("The visit schedule is saved."))
        return redirect("trial-visits", trial.pk)
    codes = SubjectRulesForm(
        initial={"form": trial.subject_form, "once_a_trial": trial.is_subject_code_once_a_trial}
    )
    page = PlanPage(trial, schedule_lines(trial), form, codes)
    return render(request, "trials/visits.html", {"page": page}, status=_status(form.errors))


@require_POST
def subject_rules(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    trial = managed_trial_for(request.user, trial_id)
    form = SubjectRulesForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The form of subject codes is too long."))
        return redirect("trial-visits", trial.pk)
    values = form.cleaned_data
    try:
        set_subject_rules(
            trial, values["form"], once_a_trial=values["once_a_trial"], by=signed_in(request)
        )
    except PortalError as refusal:
        messages.error(request, refusal.said)
    else:
        messages.success(request, _("The rules for subject codes are saved."))
    return redirect("trial-visits", trial.pk)


@_FORM
def reading_scheme(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    trial = managed_trial_for(request.user, trial_id)
    current = scheme_of(trial)
    form = SchemeForm(request.POST or None, scheme=current)
    if form.is_valid():
        values = form.cleaned_data
        try:
            set_scheme(trial, values["rules"], reason=values["reason"], by=signed_in(request))
        except PortalError as refusal:
            form.add_error(None, refusal.said)
        else:
            messages.success(request, _("The reading scheme is saved as a new version."))
            return redirect("trial-reading-scheme", trial.pk)
    page = SchemePage(trial, current, form, scheme_versions(trial))
    return render(
        request, "trials/reading_scheme.html", {"page": page}, status=_status(form.errors)
    )


def _status(errors: object) -> int:
    return HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
