from __future__ import annotations

from django.urls import path

from portal.notifications import api

urlpatterns = [
    path("notifications/", api.Notifications.as_view(), name="api-notifications"),
    path("notifications/emails/", api.EmailChoice.as_view(), name="api-email-choice"),
    path("webhooks/", api.Webhooks.as_view(), name="api-webhooks"),
    path("webhooks/<uuid:webhook_id>/", api.WebhookItem.as_view(), name="api-webhook"),
]
