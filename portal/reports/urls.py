from __future__ import annotations

from django.urls import path

from portal.reports import (
    change_urls,
    mask_views,
    reading_urls,
    record_views,
    roi_views,
    saved_view_pages,
    sign_off_views,
    views,
)

app_name = "reports"
urlpatterns = [
    *reading_urls.urlpatterns,
    *change_urls.urlpatterns,
    path("", views.work_list, name="work-list"),
    path("views/", saved_view_pages.keep, name="view-keep"),
    path("views/<uuid:view_id>/remove/", saved_view_pages.remove, name="view-remove"),
    path("upload/", views.upload, name="upload"),
    path("reports/of-run/<uuid:run_id>/", views.of_run, name="of-run"),
    path("reports/<uuid:report_id>/", views.detail, name="detail"),
    path("reports/<uuid:report_id>/report.pdf", record_views.print_out, name="print"),
    path("reports/<uuid:report_id>/record.json", record_views.record, name="record"),
    path("verify/<str:record_sha256>/", record_views.verify, name="verify"),
    path("reports/<uuid:report_id>/segments.csv", views.segments, name="segments"),
    path("reports/<uuid:report_id>/files/<path:name>", views.file, name="file"),
    path("reports/<uuid:report_id>/images/<str:name>.nii.gz", views.image, name="image"),
    path(
        "reports/<uuid:report_id>/pictures/<str:name>/<int:k>.png",
        views.slice_picture,
        name="picture",
    ),
    path(
        "reports/<uuid:report_id>/impression/", sign_off_views.write_impression, name="impression"
    ),
    path("reports/<uuid:report_id>/sign/", sign_off_views.sign, name="sign"),
    path("reports/<uuid:report_id>/amend/", sign_off_views.amend, name="amend"),
    path("reports/<uuid:report_id>/rois/", roi_views.draw, name="rois"),
    path(
        "reports/<uuid:report_id>/rois/<uuid:roi_id>/remove/", roi_views.remove, name="roi-remove"
    ),
    path("reports/<uuid:report_id>/mask/", mask_views.save_mask, name="mask"),
    path("reports/<uuid:report_id>/mask/preview/", mask_views.preview_mask, name="mask-preview"),
]
