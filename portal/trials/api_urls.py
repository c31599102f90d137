from __future__ import annotations

from django.urls import path

from portal.trials import api, api_audit, api_members, api_plan, api_rescans, api_setup

_TRIAL = "trials/<uuid:trial_id>/"

urlpatterns = [
    path("trials/", api.TrialCollection.as_view(), name="api-trials"),
    path(_TRIAL, api_setup.TrialItem.as_view(), name="api-trial"),
    path(f"{_TRIAL}sites/", api_setup.TrialSites.as_view(), name="api-trial-sites"),
    path(f"{_TRIAL}sites/<uuid:site_id>/", api_setup.TrialSite.as_view(), name="api-trial-site"),
    path(f"{_TRIAL}subject-rules/", api_setup.SubjectRules.as_view(), name="api-subject-rules"),
    path(f"{_TRIAL}members/", api_members.TrialMembers.as_view(), name="api-trial-members"),
    path(
        f"{_TRIAL}members/<int:membership_id>/",
        api_members.TrialMember.as_view(),
        name="api-trial-member",
    ),
    path(f"{_TRIAL}invited/", api_members.TrialInvited.as_view(), name="api-trial-invited"),
    path(
        f"{_TRIAL}invited/<int:promise_id>/",
        api_members.TrialPromise.as_view(),
        name="api-trial-promise",
    ),
    path("audit/", api_audit.AuditTrail.as_view(), name="api-audit"),
    path("sites/", api.SiteCollection.as_view(), name="api-sites"),
    path("sites/<uuid:site_id>/protocol-check/", api.ProtocolCheck.as_view(), name="api-check"),
    path(f"{_TRIAL}protocol/", api.ProtocolItem.as_view(), name="api-protocol"),
    path(f"{_TRIAL}protocol/try/", api.ProtocolTry.as_view(), name="api-protocol-try"),
    path(
        f"{_TRIAL}reading-scheme/versions/",
        api_plan.SchemeVersions.as_view(),
        name="api-scheme-versions",
    ),
    path(
        f"{_TRIAL}reading-scheme/",
        api_plan.SchemeItem.as_view(),
        name="api-reading-scheme",
    ),
    path(
        f"{_TRIAL}visit-schedule/",
        api_plan.ScheduleItem.as_view(),
        name="api-visit-schedule",
    ),
    path("visits/", api_plan.VisitCollection.as_view(), name="api-visits"),
    path("rescans/", api_rescans.RescanCollection.as_view(), name="api-rescans"),
    path("rescans/<uuid:request_id>/", api_rescans.RescanItem.as_view(), name="api-rescan"),
    path(
        "rescans/<uuid:request_id>/answer/",
        api_rescans.RescanAnswer.as_view(),
        name="api-rescan-answer",
    ),
    path(
        "rescans/<uuid:request_id>/withdraw/",
        api_rescans.RescanWithdrawal.as_view(),
        name="api-rescan-withdraw",
    ),
    path("subjects/", api.SubjectCollection.as_view(), name="api-subjects"),
    path("subjects/<uuid:subject_id>/", api.SubjectItem.as_view(), name="api-subject"),
]
