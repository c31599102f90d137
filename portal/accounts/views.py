from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.accounts import services
from portal.accounts.forms import AdministratorInvitationForm, UserForm
from portal.accounts.invitations import InvitationRefused, invite
from portal.accounts.models import User
from portal.accounts.pages import administration_page
from portal.accounts.permissions import administrator
from portal.errors import PortalError


@require_safe
def administration(request: HttpRequest) -> HttpResponse:
    administrator(request)
    page = administration_page(AdministratorInvitationForm())
    return render(request, "accounts/administration.html", {"page": page})


@require_POST
def invite_person(request: HttpRequest) -> HttpResponse:
    by = administrator(request)
    form = AdministratorInvitationForm(request.POST)
    if not form.is_valid():
        page = administration_page(form)
        return render(request, "accounts/administration.html", {"page": page}, status=422)
    values = form.cleaned_data
    try:
        invite(values["email"], by=by, is_administrator=values["is_administrator"])
    except InvitationRefused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, f"{values['email']} was invited.")
    return redirect("administration")


@require_POST
def change_person(request: HttpRequest, user_id: UUID) -> HttpResponse:
    by = administrator(request)
    user = get_object_or_404(User, pk=user_id)
    form = UserForm(request.POST)
    if form.is_valid():
        try:
            services.change_user(user, by=by, **form.cleaned_data)
        except PortalError as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, f"{user} was changed.")
    return redirect("administration")
