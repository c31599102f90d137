from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.requests import signed_in
from portal.errors import PortalError
from portal.notifications import services
from portal.notifications.forms import EmailChoiceForm, WebhookForm
from portal.notifications.models import Webhook
from portal.notifications.pages import NotificationsPage, notifications_page


def _show(request: HttpRequest, page: NotificationsPage, status: int = 200) -> HttpResponse:
    return render(request, "notifications/choices.html", {"page": page}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    if request.method != "POST":
        return _show(request, notifications_page(user))
    form = EmailChoiceForm(request.POST)
    if form.is_valid():
        services.choose_emails(user, form.wanted())
        messages.success(request, "Your choice was kept.")
    return redirect("notifications")


@never_cache
@require_POST
def add_webhook(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = WebhookForm(request.POST)
    if form.is_valid():
        try:
            _, secret = services.add_webhook(user, form.cleaned_data["url"])
        except PortalError as refused:
            form.add_error("url", refused.said)
        else:
            return _show(request, notifications_page(user, new_secret=secret))
    return _show(request, notifications_page(user, form), status=422)


@require_POST
def remove_webhook(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    user = signed_in(request)
    services.remove_webhook(get_object_or_404(Webhook, user=user, pk=webhook_id), by=user)
    return redirect("notifications")
