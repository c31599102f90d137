from __future__ import annotations

from uuid import UUID

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.forms import InvitationForm
from portal.accounts.invitations import InvitationRefused, open_invitation
from portal.accounts.permissions import administrator
from portal.accounts.requests import signed_in
from portal.audit.services import record
from portal.errors import PortalError
from portal.trials import services
from portal.trials.audit_page import audit_page, audited_trials, export_lines
from portal.trials.changes import rename_site, rename_trial, set_quota
from portal.trials.forms import (
    MemberForm,
    SiteForm,
    SiteNameForm,
    TrialChangeForm,
    TrialForm,
)
from portal.trials.models import Role
from portal.trials.pages import trial_list_page, trial_page
from portal.trials.selectors import invited_to, managed_trial_for, trial_for


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Let someone who was invited choose a name and a password, and sign them in."""
    try:
        offer = open_invitation(secret)
    except InvitationRefused as refused:
        return render(
            request, "accounts/invitation_over.html", {"refused": refused}, status=refused.status
        )
    form = InvitationForm(request.POST or None, email=offer.email)
    if not form.is_valid():
        return render(request, "accounts/invitation.html", {"form": form, "invitation": offer})
    user = services.accept_invitation(
        secret, name=form.cleaned_data["name"], password=form.cleaned_data["password"]
    )
    get_adapter(request).login(request, user)
    return redirect("/")


@require_http_methods(["GET", "HEAD", "POST"])
def trial_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = TrialForm(request.POST or None)
    if request.method == "POST":
        administrator(request)
        if form.is_valid():
            new = services.create_trial(form.cleaned_data["name"], by=user)
            return redirect("trial", new.pk)
    return render(request, "trials/list.html", {"page": trial_list_page(user, form)})


@require_safe
def trial(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    user = signed_in(request)
    found = trial_for(user, trial_id)
    page = trial_page(user, found, SiteForm(trial=found), MemberForm(trial=found))
    return render(request, "trials/detail.html", {"page": page})


@require_POST
def close(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    by = administrator(request)
    services.close_trial(trial_for(by, trial_id), by=by)
    messages.success(request, _("The trial is closed; it takes no more studies."))
    return redirect("trial", trial_id)


@require_POST
def reopen(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    by = administrator(request)
    services.reopen_trial(trial_for(by, trial_id), by=by)
    messages.success(request, _("The trial is open again."))
    return redirect("trial", trial_id)


@require_POST
def change(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    by = administrator(request)
    found = trial_for(by, trial_id)
    form = TrialChangeForm(request.POST, trial=found)
    if not form.is_valid():
        messages.error(request, _("Nothing was changed: give a name, and room as a number of GB."))
        return redirect("trial", trial_id)
    try:
        rename_trial(found, form.cleaned_data["name"], by=by)
    except PortalError as refusal:
        messages.error(request, refusal.said)
        return redirect("trial", trial_id)
    set_quota(found, form.quota_bytes, by=by)
    messages.success(request, _("The trial was changed."))
    return redirect("trial", trial_id)


@require_POST
def change_site(request: HttpRequest, trial_id: UUID, site_id: UUID) -> HttpResponse:
    user = signed_in(request)
    found = managed_trial_for(user, trial_id)
    site = get_object_or_404(found.sites, pk=site_id)
    form = SiteNameForm(request.POST)
    if form.is_valid():
        try:
            rename_site(site, form.cleaned_data["name"], by=user)
        except PortalError as refusal:
            messages.error(request, refusal.said)
        else:
            messages.success(request, _("Site %(code)s was renamed.") % {"code": site.code})
    else:
        messages.error(request, _("Give the site a name of 200 letters at most."))
    return redirect("trial", trial_id)


@require_POST
def add_site(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    user = signed_in(request)
    found = managed_trial_for(user, trial_id)
    form = SiteForm(request.POST, trial=found)
    if not form.is_valid():
        page = trial_page(user, found, form, MemberForm(trial=found))
        return render(request, "trials/detail.html", {"page": page}, status=422)
    values = form.cleaned_data
    services.create_site(found, values["name"], code=values["code"], by=user)
    messages.success(request, _("Site %(code)s was added.") % {"code": values["code"]})
    return redirect("trial", found.pk)


@require_POST
def add_member(request: HttpRequest, trial_id: UUID) -> HttpResponse:
    user = signed_in(request)
    found = managed_trial_for(user, trial_id)
    form = MemberForm(request.POST, trial=found)
    if not form.is_valid():
        page = trial_page(user, found, SiteForm(trial=found), form)
        return render(request, "trials/detail.html", {"page": page}, status=422)
    values = form.cleaned_data
    try:
        services.invite_member(
            values["email"], found, Role(values["role"]), site=values["site"], by=user
        )
    except PortalError as refusal:
        messages.error(request, refusal.said)
    else:
        messages.success(
            request, _("%(address)s was added or invited.") % {"address": values["email"]}
        )
    return redirect("trial", found.pk)


@require_POST
def remove_member(request: HttpRequest, trial_id: UUID, membership_id: int) -> HttpResponse:
    user = signed_in(request)
    found = managed_trial_for(user, trial_id)
    membership = get_object_or_404(found.memberships.select_related("user"), pk=membership_id)
    services.remove_member(membership, by=user)
    messages.success(
        request,
        _("%(person)s does not have the role %(role)s here any more.")
        % {"person": membership.user, "role": membership.get_role_display()},
    )
    return redirect("trial", found.pk)


@require_POST
def withdraw_promise(request: HttpRequest, trial_id: UUID, promise_id: int) -> HttpResponse:
    user = signed_in(request)
    found = managed_trial_for(user, trial_id)
    promised = get_object_or_404(invited_to(found), pk=promise_id)
    services.withdraw_promise(promised, by=user)
    messages.success(
        request,
        _("%(person)s will not have the role %(role)s here.")
        % {"person": promised.invitation.email, "role": promised.get_role_display()},
    )
    return redirect("trial", found.pk)


@require_safe
def audit_trail(request: HttpRequest) -> HttpResponse:
    page = audit_page(signed_in(request), request.GET)
    return render(request, "trials/audit.html", {"page": page})


@never_cache
@require_safe
def audit_export(request: HttpRequest) -> StreamingHttpResponse:
    """Give out the chain as a file that is checked offline; that it was given out is on record."""
    user = signed_in(request)
    if not (user.is_administrator or audited_trials(user).exists()):
        raise PermissionDenied
    record("audit-exported", user, actor=user)
    response = StreamingHttpResponse(export_lines(user), content_type="application/jsonl")
    response.headers["Content-Disposition"] = 'attachment; filename="audit-trail.jsonl"'
    return response
