from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.accounts import services
from portal.accounts.forms import AdministratorInvitationForm, UserForm
from portal.accounts.invitations import invite, withdraw
from portal.accounts.models import ApiToken, Invitation, User
from portal.accounts.permissions import administrator
from portal.administration.people import people_page, person_page
from portal.errors import PortalError


def say(request: HttpRequest, act: Callable[[], object], done: str) -> None:
    """Do something; say that it was done, or why not."""
    try:
        act()
    except PortalError as refused:
        messages.error(request, refused.said)
    else:
        messages.success(request, done)


@never_cache
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    administrator(request)
    wanted = request.GET
    page = people_page(
        AdministratorInvitationForm(), wanted.get("search", ""), wanted.get("page", "1")
    )
    return render(request, "administration/people.html", {"page": page})


@require_POST
def invite_person(request: HttpRequest) -> HttpResponse:
    by = administrator(request)
    form = AdministratorInvitationForm(request.POST)
    if not form.is_valid():
        page = people_page(form, "", "1")
        return render(request, "administration/people.html", {"page": page}, status=422)
    email, is_administrator = form.cleaned_data["email"], form.cleaned_data["is_administrator"]
    say(
        request,
        lambda: invite(email, by=by, is_administrator=is_administrator),
        _("%(address)s was invited.") % {"address": email},
    )
    return redirect("administration")


@require_POST
def withdraw_invitation(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    by = administrator(request)
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    done = _("The invitation of %(address)s was withdrawn.") % {"address": invitation.email}
    say(request, lambda: withdraw(invitation, by=by), done)
    return redirect("administration")


@never_cache
@require_safe
def person(request: HttpRequest, user_id: UUID) -> HttpResponse:
    viewer = administrator(request)
    page = person_page(get_object_or_404(User, pk=user_id), viewer)
    return render(request, "administration/person.html", {"page": page})


@require_POST
def change_person(request: HttpRequest, user_id: UUID) -> HttpResponse:
    by = administrator(request)
    user = get_object_or_404(User, pk=user_id)
    form = UserForm(request.POST, person=user)
    if not form.is_valid():
        messages.error(request, _("Nothing was changed; see what is said at the account below."))
        page = person_page(user, by, form)
        return render(request, "administration/person.html", {"page": page}, status=422)
    values = form.cleaned_data
    say(
        request,
        lambda: services.change_user(user, by=by, **values),
        _("%(person)s was changed.") % {"person": user},
    )
    return redirect("administration-person", user.pk)


@require_POST
def reset_second_factor(request: HttpRequest, user_id: UUID) -> HttpResponse:
    by = administrator(request)
    user = get_object_or_404(User, pk=user_id)
    done = _("%(person)s has no second factor any more and was signed out everywhere.") % {
        "person": user
    }
    say(request, lambda: services.reset_second_factor(user, by=by), done)
    return redirect("administration-person", user.pk)


@require_POST
def sign_out_everywhere(request: HttpRequest, user_id: UUID) -> HttpResponse:
    by = administrator(request)
    user = get_object_or_404(User, pk=user_id)
    done = _("%(person)s was signed out everywhere.") % {"person": user}
    say(request, lambda: services.sign_out_everywhere(user, by=by), done)
    return redirect("administration-person", user.pk)


@require_POST
def end_session(request: HttpRequest, user_id: UUID, session_id: int) -> HttpResponse:
    by = administrator(request)
    session = get_object_or_404(UserSession, user=user_id, pk=session_id)
    say(request, lambda: services.end_session(session, by=by), _("The session was ended."))
    return redirect("administration-person", user_id)


@require_POST
def withdraw_token(request: HttpRequest, user_id: UUID, token_id: UUID) -> HttpResponse:
    by = administrator(request)
    token = get_object_or_404(ApiToken, user=user_id, pk=token_id)
    say(request, lambda: services.delete_token(token, by=by), _("The key was withdrawn."))
    return redirect("administration-person", user_id)
