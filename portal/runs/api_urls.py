from __future__ import annotations

from django.urls import path

from portal.runs import api, models_api

urlpatterns = [
    path(
        "uploads/<uuid:upload_id>/complete/",
        api.CompleteUpload.as_view(),
        name="api-upload-complete",
    ),
    path("studies/<uuid:study_id>/runs/", api.StudyRuns.as_view(), name="api-study-runs"),
    path("runs/<uuid:run_id>/", api.RunItem.as_view(), name="api-run"),
    path("runs/<uuid:run_id>/cancel/", api.CancelRun.as_view(), name="api-run-cancel"),
    path("runs/<uuid:run_id>/retry/", api.RetryRun.as_view(), name="api-run-retry"),
    path("runs/<uuid:run_id>/artefacts/", api.Artefacts.as_view(), name="api-run-artefacts"),
    path(
        "runs/<uuid:run_id>/artefacts/<path:name>",
        api.ArtefactFile.as_view(),
        name="api-run-artefact",
    ),
    path("models/", models_api.Models.as_view(), name="api-models"),
    path("models/roll-back/", models_api.RollBackModel.as_view(), name="api-model-roll-back"),
    path(
        "models/<slug:sha256>/activate/",
        models_api.ActivateModel.as_view(),
        name="api-model-activate",
    ),
]
