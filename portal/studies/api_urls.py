from __future__ import annotations

from django.urls import path

from portal.studies import api, tus

urlpatterns = [
    path("uploads/", api.UploadCollection.as_view(), name="api-uploads"),
    path("uploads/<uuid:upload_id>/", api.UploadItem.as_view(), name="api-upload"),
    path("uploads/<uuid:upload_id>/receipt/", api.Receipt.as_view(), name="api-upload-receipt"),
    path(
        "sites/<uuid:site_id>/deidentification/",
        api.Deidentification.as_view(),
        name="api-deidentification",
    ),
    path("studies/", api.StudyCollection.as_view(), name="api-studies"),
    path("studies/<uuid:study_id>/", api.StudyItem.as_view(), name="api-study"),
    path("tus/", tus.TransferCollection.as_view(), name="tus-transfers"),
    path("tus/<uuid:transfer_id>", tus.TransferDetail.as_view(), name="tus-transfer"),
]
