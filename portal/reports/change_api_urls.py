from __future__ import annotations

from django.urls import path

from portal.reports import change_api

urlpatterns = [
    path(
        "reports/<uuid:report_id>/change/",
        change_api.ReportChange.as_view(),
        name="api-report-change",
    ),
    path(
        "reports/<uuid:report_id>/change/images/",
        change_api.ChangeImages.as_view(),
        name="api-change-images",
    ),
    path(
        "comparisons/<uuid:comparison_id>/volumes/<slug:name>/",
        change_api.ComparisonVolume.as_view(),
        name="api-comparison-volume",
    ),
    path(
        "reports/<uuid:report_id>/figures/trend/",
        change_api.TrendFigure.as_view(),
        name="api-report-trend",
    ),
]
