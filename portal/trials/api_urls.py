from __future__ import annotations

from django.urls import path

from portal.trials import api

urlpatterns = [
    path("trials/", api.TrialCollection.as_view(), name="api-trials"),
    path("sites/", api.SiteCollection.as_view(), name="api-sites"),
    path("sites/<uuid:site_id>/protocol-check/", api.ProtocolCheck.as_view(), name="api-check"),
    path("trials/<uuid:trial_id>/protocol/", api.ProtocolItem.as_view(), name="api-protocol"),
    path("subjects/", api.SubjectCollection.as_view(), name="api-subjects"),
]
