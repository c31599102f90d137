"""Pages of each part under its own name, the API of all parts under /api/v1/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from portal.health import healthz
from portal.language import choose

api_patterns: list[URLPattern | URLResolver] = [
    path("", include("portal.accounts.api_urls")),
    path("", include("portal.notifications.api_urls")),
    path("", include("portal.trials.api_urls")),
    path("", include("portal.studies.api_urls")),
    path("", include("portal.runs.api_urls")),
    path("", include("portal.reports.api_urls")),
    path("", include("portal.audit.api_urls")),
    path("", include("portal.administration.api_urls")),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("language/", choose, name="language"),
    path("api/v1/", include(api_patterns)),
    path("accounts/", include("portal.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("administration/", include("portal.administration.urls")),
    path("notifications/", include("portal.notifications.urls")),
    path("trials/", include("portal.trials.urls")),
    path("studies/", include("portal.studies.urls")),
    path("runs/", include("portal.runs.urls")),
    path("audit/", include("portal.audit.urls")),
    path("", include("portal.reports.urls")),
]

handler400 = "portal.error_pages.bad_request"
handler403 = "portal.error_pages.forbidden"
handler404 = "portal.error_pages.not_found"
handler500 = "portal.error_pages.fault"
