from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from portal.accounts.forms import InvitationForm
from portal.accounts.invitations import InvitationRefused, open_invitation
from portal.trials import services


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
