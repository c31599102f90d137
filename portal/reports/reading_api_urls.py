"""Addresses of the API of readings, part of ``reports``' own."""

from __future__ import annotations

from django.urls import path

from portal.reports import outline_api
from portal.reports import reading_acts_api as acts
from portal.reports import reading_api as api

_READING = "readings/<uuid:reading_id>/"
_TRIAL = "trials/<uuid:trial_id>/"

urlpatterns = [
    path("readings/", api.ReadingCollection.as_view(), name="api-readings"),
    path(_READING, api.ReadingItem.as_view(), name="api-reading"),
    path(f"{_READING}own-values/", api.ReadingOwnValues.as_view(), name="api-reading-own-values"),
    path(f"{_READING}voxel/", api.ReadingVoxel.as_view(), name="api-reading-voxel"),
    path(f"{_READING}decision/", acts.ReadingDecision.as_view(), name="api-reading-decision"),
    path(f"{_READING}images/<str:name>/", acts.ReadingImage.as_view(), name="api-reading-image"),
    path(f"{_READING}outline/", outline_api.ReadingOutline.as_view(), name="api-reading-outline"),
    path(
        f"{_READING}outline/preview/",
        outline_api.ReadingOutlinePreview.as_view(),
        name="api-reading-outline-preview",
    ),
    path(f"{_READING}rescan/", api.ReadingRescan.as_view(), name="api-reading-rescan"),
    path(f"{_TRIAL}readings/", api.TrialReadings.as_view(), name="api-trial-readings"),
    path(
        f"{_TRIAL}readings/<uuid:reading_id>/take-back/",
        acts.ReadingTakeBack.as_view(),
        name="api-reading-take-back",
    ),
    path(f"{_TRIAL}signed-readings/", acts.SignedReadings.as_view(), name="api-signed-readings"),
    path(f"{_TRIAL}results/", api.TrialResults.as_view(), name="api-trial-results"),
]
