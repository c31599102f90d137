from __future__ import annotations

from django.urls import path

from portal.administration import operation_views, people_views, retention_views

urlpatterns = [
    path("", people_views.people, name="administration"),
    path("invitations/", people_views.invite_person, name="administration-invite"),
    path(
        "invitations/<uuid:invitation_id>/withdraw/",
        people_views.withdraw_invitation,
        name="administration-withdraw",
    ),
    path("people/<uuid:user_id>/", people_views.person, name="administration-person"),
    path("people/<uuid:user_id>/change/", people_views.change_person, name="administration-change"),
    path(
        "people/<uuid:user_id>/second-factor/",
        people_views.reset_second_factor,
        name="administration-reset-factor",
    ),
    path(
        "people/<uuid:user_id>/sign-out/",
        people_views.sign_out_everywhere,
        name="administration-sign-out",
    ),
    path(
        "people/<uuid:user_id>/sessions/<int:session_id>/end/",
        people_views.end_session,
        name="administration-end-session",
    ),
    path(
        "people/<uuid:user_id>/tokens/<uuid:token_id>/withdraw/",
        people_views.withdraw_token,
        name="administration-withdraw-token",
    ),
    path("queue/", operation_views.queue, name="administration-queue"),
    path("queue/sweep/", operation_views.sweep_now, name="administration-sweep"),
    path("models/", operation_views.models, name="administration-models"),
    path("models/import/", operation_views.import_model, name="administration-import-model"),
    path("models/roll-back/", operation_views.roll_back_model, name="administration-roll-back"),
    path(
        "models/<slug:sha256>/activate/",
        operation_views.activate_model,
        name="administration-activate",
    ),
    path("storage/", operation_views.storage, name="administration-storage"),
    path("storage/tidy/", operation_views.tidy_now, name="administration-tidy"),
    path("retention/", retention_views.retention, name="administration-retention"),
    path(
        "retention/trials/<uuid:trial_id>/",
        retention_views.trial_retention,
        name="administration-trial-retention",
    ),
    path(
        "retention/trials/<uuid:trial_id>/policy/",
        retention_views.set_policy,
        name="administration-policy",
    ),
    path(
        "retention/trials/<uuid:trial_id>/hold/",
        retention_views.place_hold,
        name="administration-hold",
    ),
    path(
        "retention/holds/<uuid:hold_id>/release/",
        retention_views.release_hold,
        name="administration-release",
    ),
    path(
        "retention/studies/<uuid:study_id>/",
        retention_views.deletion,
        name="administration-deletion",
    ),
    path(
        "retention/studies/<uuid:study_id>/hold/",
        retention_views.hold_study,
        name="administration-hold-study",
    ),
    path(
        "retention/studies/<uuid:study_id>/delete/",
        retention_views.delete,
        name="administration-delete",
    ),
]
