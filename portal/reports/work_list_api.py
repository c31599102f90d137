"""API of the work list: the same studies, filters and order as on the page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.reports.serializers import ReportSerializer
from portal.reports.work_list import (
    ORDERS,
    STATES,
    Newest,
    listed_keys,
    newest_of,
    studies_of,
)
from portal.runs.serializers import RunSerializer
from portal.studies.models import Study

_STATES = [(value, label) for value, label in STATES if value]
_ORDERS = [(value, label) for value, label, _ in ORDERS if value]


class WorkListQuerySerializer(serializers.Serializer[Any]):
    search = serializers.CharField(
        required=False, max_length=200, help_text="Words in subject, visit, site or description"
    )
    state = serializers.ChoiceField(_STATES, required=False)
    trial = serializers.UUIDField(required=False)
    order = serializers.ChoiceField(_ORDERS, required=False, help_text="Else the newest first")


class WorkListRowSerializer(serializers.Serializer[Any]):
    study = serializers.UUIDField(source="study.pk")
    trial = serializers.UUIDField(source="study.trial_id")
    trial_name = serializers.CharField(source="study.trial.name")
    site = serializers.CharField(source="study.site.code")
    subject = serializers.CharField(source="study.subject.code")
    visit = serializers.CharField(source="study.visit.name")
    received_at = serializers.DateTimeField(source="study.received_at")
    run = RunSerializer(allow_null=True, help_text="The newest analysis; null: none yet")
    report = ReportSerializer(
        allow_null=True, help_text="The newest report that one may see; null: none"
    )


class WorkList(generics.GenericAPIView[Study]):
    serializer_class = WorkListRowSerializer

    @extend_schema(
        operation_id="work_list",
        parameters=[WorkListQuerySerializer],
        responses=WorkListRowSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """List the studies one may see, each with its newest analysis and report."""
        asked = WorkListQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        query = {name: str(value) for name, value in asked.validated_data.items()}
        found: Any = listed_keys(request.user, query)  # a page is cut from keys as from rows
        keys: list[UUID] = [*(self.paginate_queryset(found) or [])]
        studies, newest = studies_of(keys), newest_of(request.user, keys)
        rows = [_row(studies[key], newest) for key in keys]
        return self.get_paginated_response(WorkListRowSerializer(rows, many=True).data)


def _row(study: Study, newest: Newest) -> dict[str, Any]:
    report = newest.reports.get(study.pk)
    if report is not None:
        report.study = study  # known already; asked for again it would cost a query a row
    return {"study": study, "run": newest.runs.get(study.pk), "report": report}
