"""Pages of those who run a trial: progress, giving out studies, results."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.models import User
from portal.accounts.requests import signed_in
from portal.errors import PortalError
from portal.reports.models import Reading
from portal.reports.reading_assignment import withdraw
from portal.reports.reading_bulk import BulkOutcome, assign_many
from portal.reports.reading_progress import build_progress
from portal.reports.reading_results import readings_csv, record_export, results_csv
from portal.trials.models import Trial
from portal.trials.selectors import ASSIGNED_ONLY, managed_trial_for, overseen_trial_for


class AssignForm(forms.Form):
    """The studies ticked, and the people to give them to; nobody chosen means by load."""

    studies = forms.TypedMultipleChoiceField(coerce=UUID)
    people = forms.ModelMultipleChoiceField(queryset=User.objects.none(), required=False)
    due_on = forms.DateField(required=False)

    def __init__(self, data: object, *, trial: Trial) -> None:
        super().__init__(data)  # type: ignore[arg-type]  # request.POST
        studies, people = self.fields["studies"], self.fields["people"]
        if isinstance(studies, forms.TypedMultipleChoiceField):
            studies.choices = [(str(pk), "") for pk in trial.studies.values_list("pk", flat=True)]
        if isinstance(people, forms.ModelMultipleChoiceField):
            people.queryset = User.objects.filter(
                memberships__trial=trial, memberships__role__in=ASSIGNED_ONLY
            ).distinct()


@never_cache
@require_safe
def progress(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    trial = overseen_trial_for(request.user, trial_id)
    query = request.GET
    page = build_progress(signed_in(request), trial, query.get("state", ""), query.get("page", "1"))
    return render(request, "reports/reading_progress.html", {"page": page})


@require_POST
def assign(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    trial = managed_trial_for(request.user, trial_id)
    form = AssignForm(request.POST, trial=trial)
    if not form.is_valid():
        messages.error(request, _("Tick the studies to give out; the due date is a day."))
        return _back(trial)
    values = form.cleaned_data
    try:
        outcome = assign_many(
            trial,
            values["studies"],
            [*values["people"]],
            by=signed_in(request),
            due_on=values["due_on"],
        )
    except PortalError as refusal:
        messages.error(request, refusal.said)
        return _back(trial)
    _say(request, outcome)
    return _back(trial)


@require_POST
def take_back(request: HttpRequest, trial_id: UUID, reading_id: UUID) -> HttpResponse:
    trial = managed_trial_for(request.user, trial_id)
    reading = get_object_or_404(Reading, pk=reading_id, case__study__trial=trial)
    try:
        withdraw(reading, request.POST.get("reason", ""), by=signed_in(request))
    except PortalError as refusal:
        messages.error(request, refusal.said)
    else:
        messages.success(request, _("%(code)s is taken back.") % {"code": reading.code})
    return _back(trial)


@never_cache
@require_safe
def results(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    trial = overseen_trial_for(request.user, trial_id)
    return _download(request, trial, "results", results_csv(trial))


@never_cache
@require_safe
def readings(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    trial = overseen_trial_for(request.user, trial_id)
    return _download(request, trial, "readings", readings_csv(trial))


def _download(request: HttpRequest, trial: Trial, name: str, text: str) -> HttpResponse:
    record_export(trial, name, by=signed_in(request))
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{trial.slug}-{name}.csv"'
    return response


def _say(request: HttpRequest, outcome: BulkOutcome) -> None:
    messages.success(request, _("Readings given out: %(n)s.") % {"n": len(outcome.made)})
    for complaint in sorted({complaint for __, complaint in outcome.refused}):
        count = sum(1 for __, each in outcome.refused if each == complaint)
        messages.warning(
            request, _("Studies not given out: %(n)s. %(why)s") % {"n": count, "why": complaint}
        )


def _back(trial: Trial) -> HttpResponse:
    return redirect("reports:reading-progress", trial.pk)
