from __future__ import annotations

from django.urls import path

from portal.administration import operation_api, people_api, retention_api

_USER = "users/<uuid:user_id>/"
_TRIAL = "trials/<uuid:trial_id>/"

urlpatterns = [
    path("invitations/", people_api.Invitations.as_view(), name="api-invitations"),
    path(
        "invitations/<uuid:invitation_id>/",
        people_api.InvitationItem.as_view(),
        name="api-invitation",
    ),
    path(f"{_USER}memberships/", people_api.UserMemberships.as_view(), name="api-user-memberships"),
    path(f"{_USER}sessions/", people_api.UserSessions.as_view(), name="api-user-sessions"),
    path(
        f"{_USER}sessions/<int:session_id>/",
        people_api.UserSessionItem.as_view(),
        name="api-user-session",
    ),
    path(f"{_USER}tokens/", people_api.UserTokens.as_view(), name="api-user-tokens"),
    path(
        f"{_USER}tokens/<uuid:token_id>/",
        people_api.UserTokenItem.as_view(),
        name="api-user-token",
    ),
    path(
        f"{_USER}second-factor/",
        people_api.UserSecondFactor.as_view(),
        name="api-user-second-factor",
    ),
    path("queue/", operation_api.Queue.as_view(), name="api-queue"),
    path("queue/sweep/", operation_api.QueueSweep.as_view(), name="api-queue-sweep"),
    path("storage/", operation_api.Storage.as_view(), name="api-storage"),
    path("storage/tidy/", operation_api.StorageTidy.as_view(), name="api-storage-tidy"),
    path("retention/", retention_api.Retention.as_view(), name="api-retention"),
    path(f"{_TRIAL}retention/", retention_api.TrialPolicy.as_view(), name="api-policy"),
    path(f"{_TRIAL}due-studies/", retention_api.DueStudies.as_view(), name="api-due-studies"),
    path(f"{_TRIAL}holds/", retention_api.TrialHolds.as_view(), name="api-holds"),
    path("holds/<uuid:hold_id>/", retention_api.HoldItem.as_view(), name="api-hold"),
    path(
        "studies/<uuid:study_id>/deletion/",
        retention_api.StudyDeletion.as_view(),
        name="api-study-deletion",
    ),
    path("deletions/", retention_api.Deletions.as_view(), name="api-deletions"),
]
