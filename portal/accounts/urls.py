from __future__ import annotations

from django.urls import path

from portal.accounts import views

urlpatterns = [
    path("administration/", views.administration, name="administration"),
    path("administration/invitations/", views.invite_person, name="administration-invite"),
    path(
        "administration/people/<uuid:user_id>/", views.change_person, name="administration-change"
    ),
]
