from __future__ import annotations

from django.urls import path

from portal.trials import api

urlpatterns = [
    path("trials/", api.TrialCollection.as_view(), name="api-trials"),
    path("sites/", api.SiteCollection.as_view(), name="api-sites"),
    path("subjects/", api.SubjectCollection.as_view(), name="api-subjects"),
]
