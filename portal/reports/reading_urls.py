"""Addresses of readings, part of ``reports``' own."""

from __future__ import annotations

from django.urls import path

from portal.reports import reading_image_views, reading_trial_views, reading_views

_READING = "readings/<uuid:reading_id>/"
_TRIAL = "trials/<uuid:trial_id>/readings/"

urlpatterns = [
    path("readings/", reading_views.reading_list, name="readings"),
    path(_READING, reading_views.detail, name="reading"),
    path(f"{_READING}own-values/", reading_views.own_values, name="reading-own-values"),
    path(f"{_READING}save/", reading_views.save, name="reading-save"),
    path(f"{_READING}decide/", reading_views.decide, name="reading-decide"),
    path(f"{_READING}sign/", reading_views.sign, name="reading-sign"),
    path(f"{_READING}rescan/", reading_views.rescan, name="reading-rescan"),
    path(f"{_READING}images/<str:name>.nii.gz", reading_image_views.image, name="reading-image"),
    path(f"{_READING}mask/", reading_image_views.save_mask, name="reading-mask"),
    path(f"{_READING}mask/preview/", reading_image_views.preview_mask, name="reading-mask-preview"),
    path(_TRIAL, reading_trial_views.progress, name="reading-progress"),
    path(f"{_TRIAL}assign/", reading_trial_views.assign, name="reading-assign"),
    path(
        f"{_TRIAL}<uuid:reading_id>/take-back/",
        reading_trial_views.take_back,
        name="reading-take-back",
    ),
    path(f"{_TRIAL}results.csv", reading_trial_views.results, name="reading-results"),
    path(f"{_TRIAL}readings.csv", reading_trial_views.readings, name="reading-readings"),
]
