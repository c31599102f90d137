from __future__ import annotations

from django.urls import path

from portal.notifications import views

urlpatterns = [
    path("", views.choices, name="notifications"),
    path("webhooks/", views.add_webhook, name="webhook-add"),
    path("webhooks/<uuid:webhook_id>/remove/", views.remove_webhook, name="webhook-remove"),
]
