from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.permissions import administrator
from portal.administration.forms import DeletionForm, PolicyForm, ReasonForm
from portal.administration.operation_views import NO_REASON
from portal.administration.people_views import say
from portal.administration.retention_pages import (
    deletion_page,
    retention_page,
    trial_retention_page,
)
from portal.errors import PortalError
from portal.retention import services
from portal.retention.models import LegalHold
from portal.studies.models import Study
from portal.trials.models import Trial


@never_cache
@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    administrator(request)
    return render(request, "administration/retention.html", {"page": retention_page()})


@never_cache
@require_safe
def trial_retention(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    administrator(request)
    page = trial_retention_page(get_object_or_404(Trial, pk=trial_id))
    return render(request, "administration/trial_retention.html", {"page": page})


@require_POST
def set_policy(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    by = administrator(request)
    trial = get_object_or_404(Trial, pk=trial_id)
    form = PolicyForm(request.POST)
    if not form.is_valid():
        page = trial_retention_page(trial, form)
        return render(request, "administration/trial_retention.html", {"page": page}, status=422)
    services.set_policy(trial, by=by, **form.cleaned_data)
    messages.success(request, _("The policy was kept. Nothing is deleted by it alone."))
    return redirect("administration-trial-retention", trial.pk)


@require_POST
def place_hold(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    by = administrator(request)
    trial = get_object_or_404(Trial, pk=trial_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        services.place_hold(trial, reason=form.cleaned_data["reason"], by=by)
        messages.success(request, _("Nothing of this trial is deleted while the hold stands."))
    else:
        messages.error(request, NO_REASON)
    return redirect("administration-trial-retention", trial.pk)


@require_POST
def hold_study(request: HttpRequest, study_id: UUID) -> HttpResponse:
    by = administrator(request)
    study = get_object_or_404(Study.objects.select_related("trial"), pk=study_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        services.place_hold(study.trial, study=study, reason=form.cleaned_data["reason"], by=by)
        messages.success(request, _("This study is not deleted while the hold stands."))
    else:
        messages.error(request, NO_REASON)
    return redirect("administration-deletion", study.pk)


@require_POST
def release_hold(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    by = administrator(request)
    hold = get_object_or_404(LegalHold, pk=hold_id)
    say(request, lambda: services.release_hold(hold, by=by), _("The hold was released."))
    return redirect("administration-trial-retention", hold.trial_id)


@never_cache
@require_safe
def deletion(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Show what would go; nothing goes by looking."""
    administrator(request)
    page = deletion_page(get_object_or_404(Study, pk=study_id))
    return render(request, "administration/deletion.html", {"page": page})


@require_POST
def delete(request: HttpRequest, study_id: UUID) -> HttpResponse:
    by = administrator(request)
    study = get_object_or_404(Study.objects.select_related("subject"), pk=study_id)
    form = DeletionForm(request.POST)
    if form.is_valid():
        try:
            services.refuse_other_subject(study, form.cleaned_data["subject"])
        except PortalError as refused:
            form.add_error("subject", refused.said)
    if form.is_valid():
        values = form.cleaned_data
        try:
            services.delete_study(
                study, plan_sha256=values["plan_sha256"], reason=values["reason"], by=by
            )
        except PortalError as refused:
            messages.error(request, refused.said)
            return redirect("administration-deletion", study.pk)
        messages.success(request, _("The study was deleted; its record is below."))
        return redirect("administration-retention")
    page = deletion_page(study, form)
    return render(request, "administration/deletion.html", {"page": page}, status=422)
