"""What the page of notifications shows, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms

from portal.accounts.models import User
from portal.notifications.forms import EmailChoiceForm, WebhookForm
from portal.notifications.models import Delivery, Webhook
from portal.notifications.services import emails_of

SHOWN = 20


@dataclass(frozen=True, slots=True)
class NotificationsPage:
    """``new_secret`` is set once, on the page that follows a new webhook."""

    choice_form: forms.Form
    webhook_form: forms.Form
    webhooks: tuple[Webhook, ...]
    recent: tuple[Delivery, ...]
    new_secret: str


def notifications_page(
    user: User, webhook_form: forms.Form | None = None, *, new_secret: str = ""
) -> NotificationsPage:
    return NotificationsPage(
        choice_form=EmailChoiceForm(initial={"kinds": [*emails_of(user)]}),
        webhook_form=webhook_form or WebhookForm(),
        webhooks=tuple(Webhook.objects.filter(user=user)),
        recent=tuple(Delivery.objects.filter(user=user).select_related("webhook")[:SHOWN]),
        new_secret=new_secret,
    )
