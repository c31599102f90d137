from __future__ import annotations

from django.urls import path

from portal.trials import views

urlpatterns = [
    path("invitations/<str:secret>/", views.invitation, name="invitation"),
]
