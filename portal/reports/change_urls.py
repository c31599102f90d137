from __future__ import annotations

from django.urls import path

from portal.reports import change_views

urlpatterns = [
    path("reports/<uuid:report_id>/change/", change_views.change, name="change"),
    path(
        "reports/<uuid:report_id>/change/<uuid:baseline_id>/images/",
        change_views.change_images,
        name="change-images",
    ),
    path(
        "reports/<uuid:report_id>/change/<uuid:baseline_id>/change.csv",
        change_views.change_table,
        name="change-csv",
    ),
    path(
        "comparisons/<uuid:comparison_id>/<slug:name>.nii.gz",
        change_views.volume,
        name="change-volume",
    ),
    path(
        "comparisons/<uuid:comparison_id>/<slug:name>.png",
        change_views.picture,
        name="change-picture",
    ),
]
