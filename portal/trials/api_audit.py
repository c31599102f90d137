"""API of the audit trail, as its page shows it; the whole of it is exported by a command."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.requests import signed_in
from portal.audit.models import AuditEvent
from portal.trials.audit_page import events_for


class AuditEventSerializer(serializers.ModelSerializer[AuditEvent]):
    old = serializers.DictField(read_only=True)
    new = serializers.DictField(read_only=True)

    class Meta:
        model = AuditEvent
        fields = (
            "sequence",
            "at",
            "actor",
            "action",
            "object_type",
            "object_id",
            "trial_id",
            "old",
            "new",
            "ip",
            "previous_hash",
            "hash",
        )
        read_only_fields = fields


class AuditQuerySerializer(serializers.Serializer[Any]):
    trial = serializers.UUIDField(required=False, source="trial_id")
    action = serializers.CharField(required=False, max_length=80)
    actor = serializers.CharField(required=False, max_length=254, help_text="E-mail address")
    object_id = serializers.CharField(required=False, max_length=64)
    since = serializers.DateTimeField(required=False, source="at__gte")
    until = serializers.DateTimeField(required=False, source="at__lt")


class AuditTrail(generics.ListAPIView[AuditEvent]):
    """What is on record in the trials one manages or monitors; administrators see all of it."""

    serializer_class = AuditEventSerializer

    def get_queryset(self) -> QuerySet[AuditEvent]:
        query = AuditQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return events_for(signed_in(self.request)).filter(**query.validated_data)

    @extend_schema(parameters=[AuditQuerySerializer])
    def get(self, request: Request) -> Response:
        return super().get(request)
