from __future__ import annotations

from django.urls import path

from portal.trials import plan_views, subject_views, views

urlpatterns = [
    path("", views.trial_list, name="trial-list"),
    path("audit/", views.audit_trail, name="audit-trail"),
    path("audit/trail.jsonl", views.audit_export, name="audit-export"),
    path("invitations/<str:secret>/", views.invitation, name="invitation"),
    path("rescans/", subject_views.rescans, name="rescans"),
    path("rescans/<uuid:request_id>/", subject_views.rescan, name="rescan"),
    path("rescans/<uuid:request_id>/answer/", subject_views.answer, name="rescan-answer"),
    path("rescans/<uuid:request_id>/withdraw/", subject_views.withdraw, name="rescan-withdraw"),
    path("subjects/<uuid:subject_id>/", subject_views.subject, name="subject"),
    path("subjects/<uuid:subject_id>/rescan/", subject_views.ask, name="subject-rescan"),
    path("<uuid:trial_id>/", views.trial, name="trial"),
    path("<uuid:trial_id>/subjects/", subject_views.subjects, name="trial-subjects"),
    path("<uuid:trial_id>/protocol/", plan_views.protocol, name="trial-protocol"),
    path("<uuid:trial_id>/visits/", plan_views.visits, name="trial-visits"),
    path("<uuid:trial_id>/visits/codes/", plan_views.subject_rules, name="trial-subject-rules"),
    path("<uuid:trial_id>/reading-scheme/", plan_views.reading_scheme, name="trial-reading-scheme"),
    path("<uuid:trial_id>/close/", views.close, name="trial-close"),
    path("<uuid:trial_id>/reopen/", views.reopen, name="trial-reopen"),
    path("<uuid:trial_id>/change/", views.change, name="trial-change"),
    path("<uuid:trial_id>/sites/", views.add_site, name="trial-add-site"),
    path("<uuid:trial_id>/sites/<uuid:site_id>/name/", views.change_site, name="trial-change-site"),
    path("<uuid:trial_id>/members/", views.add_member, name="trial-add-member"),
    path(
        "<uuid:trial_id>/members/<int:membership_id>/remove/",
        views.remove_member,
        name="trial-remove-member",
    ),
    path(
        "<uuid:trial_id>/invited/<int:promise_id>/withdraw/",
        views.withdraw_promise,
        name="trial-withdraw-promise",
    ),
]
