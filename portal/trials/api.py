from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from portal.trials.models import Role, Site, Subject, Trial
from portal.trials.selectors import ANY_ROLE, sites_for, subjects_for, trials_for
from portal.trials.serializers import SiteSerializer, SubjectSerializer, TrialSerializer


class TrialCollection(generics.ListAPIView[Trial]):
    serializer_class = TrialSerializer

    def get_queryset(self) -> QuerySet[Trial]:
        return trials_for(self.request.user)


class SiteCollection(generics.ListAPIView[Site]):
    """The sites a person works at; ``?role=uploader`` leaves those they may send studies for."""

    serializer_class = SiteSerializer

    def get_queryset(self) -> QuerySet[Site]:
        role = self.request.query_params.get("role")
        if role is not None and role not in Role.values:
            raise ValidationError({"role": [f"must be one of {', '.join(Role.values)}"]})
        roles = ANY_ROLE if role is None else (Role(role),)
        return sites_for(self.request.user, roles).select_related("trial")

    @extend_schema(parameters=[OpenApiParameter("role", str, enum=Role.values)])
    def get(self, request: Request) -> Response:
        return super().get(request)


class SubjectCollection(generics.ListAPIView[Subject]):
    serializer_class = SubjectSerializer

    def get_queryset(self) -> QuerySet[Subject]:
        return subjects_for(self.request.user)
