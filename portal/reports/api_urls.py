from __future__ import annotations

from django.urls import path

from portal.reports import (
    api,
    change_api_urls,
    file_api,
    outline_api,
    reading_api_urls,
    roi_api,
    saved_view_api,
    sign_off_api,
    work_list_api,
)

_REPORT = "reports/<uuid:report_id>/"

urlpatterns = [
    *reading_api_urls.urlpatterns,
    *change_api_urls.urlpatterns,
    path("work-list/", work_list_api.WorkList.as_view(), name="api-work-list"),
    path("views/", saved_view_api.SavedViews.as_view(), name="api-views"),
    path("views/<uuid:view_id>/", saved_view_api.SavedViewItem.as_view(), name="api-view"),
    path("reports/", api.ReportCollection.as_view(), name="api-reports"),
    path(_REPORT, api.ReportItem.as_view(), name="api-report"),
    path(
        f"{_REPORT}document/",
        api.ReportDocument.as_view(),
        name="api-report-document",
    ),
    path(f"{_REPORT}files/", file_api.ReportFiles.as_view(), name="api-report-files"),
    path(f"{_REPORT}files/<path:name>", file_api.ReportFileItem.as_view(), name="api-report-file"),
    path(f"{_REPORT}report.pdf", file_api.PrintedReport.as_view(), name="api-report-pdf"),
    path(
        f"{_REPORT}impression/",
        sign_off_api.ReportImpression.as_view(),
        name="api-report-impression",
    ),
    path(
        f"{_REPORT}signatures/",
        sign_off_api.ReportSignatures.as_view(),
        name="api-report-signatures",
    ),
    path(
        f"{_REPORT}amendments/",
        sign_off_api.ReportAmendments.as_view(),
        name="api-report-amendments",
    ),
    path(f"{_REPORT}record/", sign_off_api.ReportRecord.as_view(), name="api-report-record"),
    path(
        "signed-records/<slug:record_sha256>/",
        sign_off_api.SignedRecord.as_view(),
        name="api-signed-record",
    ),
    path(f"{_REPORT}rois/", roi_api.ReportRois.as_view(), name="api-report-rois"),
    path(f"{_REPORT}rois/<uuid:roi_id>/", roi_api.ReportRoi.as_view(), name="api-report-roi"),
    path(f"{_REPORT}outline/", outline_api.ReportOutline.as_view(), name="api-report-outline"),
    path(
        f"{_REPORT}outline/preview/",
        outline_api.ReportOutlinePreview.as_view(),
        name="api-report-outline-preview",
    ),
    path(f"{_REPORT}voxel/", api.Voxel.as_view(), name="api-report-voxel"),
    path(
        f"{_REPORT}figures/histogram/",
        api.HistogramFigure.as_view(),
        name="api-report-histogram",
    ),
    path(
        f"{_REPORT}figures/density/",
        api.DensityFigure.as_view(),
        name="api-report-density",
    ),
]
