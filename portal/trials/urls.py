from __future__ import annotations

from django.urls import path

from portal.trials import views

urlpatterns = [
    path("", views.trial_list, name="trial-list"),
    path("audit/", views.audit_trail, name="audit-trail"),
    path("invitations/<str:secret>/", views.invitation, name="invitation"),
    path("<uuid:trial_id>/", views.trial, name="trial"),
    path("<uuid:trial_id>/sites/", views.add_site, name="trial-add-site"),
    path("<uuid:trial_id>/members/", views.add_member, name="trial-add-member"),
    path(
        "<uuid:trial_id>/members/<int:membership_id>/remove/",
        views.remove_member,
        name="trial-remove-member",
    ),
]
