from __future__ import annotations

from django.urls import path

from portal.reports import api, change_api_urls, reading_api_urls, saved_view_api, work_list_api

urlpatterns = [
    *reading_api_urls.urlpatterns,
    *change_api_urls.urlpatterns,
    path("work-list/", work_list_api.WorkList.as_view(), name="api-work-list"),
    path("views/", saved_view_api.SavedViews.as_view(), name="api-views"),
    path("views/<uuid:view_id>/", saved_view_api.SavedViewItem.as_view(), name="api-view"),
    path("reports/", api.ReportCollection.as_view(), name="api-reports"),
    path("reports/<uuid:report_id>/", api.ReportItem.as_view(), name="api-report"),
    path(
        "reports/<uuid:report_id>/document/",
        api.ReportDocument.as_view(),
        name="api-report-document",
    ),
    path("reports/<uuid:report_id>/voxel/", api.Voxel.as_view(), name="api-report-voxel"),
    path(
        "reports/<uuid:report_id>/figures/histogram/",
        api.HistogramFigure.as_view(),
        name="api-report-histogram",
    ),
    path(
        "reports/<uuid:report_id>/figures/density/",
        api.DensityFigure.as_view(),
        name="api-report-density",
    ),
]
