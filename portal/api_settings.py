"""What the REST framework and the drawing of the API's schema are told."""

from __future__ import annotations

from typing import Any

from portal import environment

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "portal.accounts.authentication.TokenAuthentication",
        "portal.accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "portal.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["portal.throttling.PerPerson", "portal.throttling.PerStranger"],
    "NUM_PROXIES": environment.integer(
        "TRUSTED_PROXY_COUNT", 1 if environment.text("DEPLOYMENT", "local") == "production" else 0
    ),
    "EXCEPTION_HANDLER": "portal.errors.answer",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Lobule",
    "DESCRIPTION": "MR virtual biopsy reporting. Research software without regulatory clearance.",
    "VERSION": "1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.schema.complete",
    ],
    "ENUM_NAME_OVERRIDES": {
        "DeliveryState": "portal.notifications.models.DeliveryState",
        "NotificationKind": "portal.notifications.kinds.Kind",
        "RescanState": "portal.trials.models.RescanRequest.State",
        "RoiKind": "portal.reports.models.Roi.Kind",
        "RunState": "portal.runs.models.RunState",
        "StageState": "portal.runs.models.StageState",
        "UploadState": "portal.studies.models.Upload.State",
        "UploadFileState": "portal.studies.models.UploadFile.State",
    },
}
