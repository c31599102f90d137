from __future__ import annotations

from django.urls import path

from portal.runs import views

app_name = "runs"
urlpatterns = [
    path("<uuid:run_id>/", views.detail, name="detail"),
    path("<uuid:run_id>/progress", views.progress, name="progress"),
    path("<uuid:run_id>/cancel", views.cancel, name="cancel"),
    path("<uuid:run_id>/retry", views.retry, name="retry"),
]
