from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analysis.change.numbers import compare_reports
from analysis.change.written import change_to_dict
from analysis.wording import words
from portal.accounts.requests import signed_in
from portal.errors import PortalError
from portal.negotiation import FileView
from portal.reports.change_figures import trend_figure
from portal.reports.change_jobs import ask_for, comparison_of, has_images, result_of, revive
from portal.reports.change_models import Comparison
from portal.reports.change_views import served_volume
from portal.reports.change_visits import (
    choose_baseline,
    earlier_visits,
    ordered_report_for,
    pair_for,
    visits_of,
)
from portal.reports.serializers import HistogramQuerySerializer


class ReportChange(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("baseline", OpenApiTypes.UUID)], responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request, report_id: UUID) -> Response:
        """Compare a report with an earlier visit, the first one unless ``baseline`` names another.

        Images are part of the answer once they were compared.
        """
        report = ordered_report_for(request.user, report_id)
        visits = visits_of(request.user, report)
        wanted = request.query_params.get("baseline")
        baseline = choose_baseline(earlier_visits(visits, report), wanted)
        if baseline is None:
            raise Http404
        this = next(visit for visit in visits if visit.report.pk == report.pk)
        numbers = compare_reports(baseline.numbers, this.numbers)
        comparison = comparison_of(baseline.report, report)
        answer = change_to_dict(numbers, result_of(comparison) if comparison else None)
        ids = {"baseline": str(baseline.report.pk), "follow_up": str(report.pk)}
        return Response(ids | answer)


class ComparisonSerializer(serializers.ModelSerializer[Comparison]):
    class Meta:
        model = Comparison
        fields = (
            "id",
            "baseline",
            "follow_up",
            "state",
            "progress",
            "progress_text",
            "error_code",
            "error_message",
        )
        read_only_fields = fields


class BaselineSerializer(serializers.Serializer[Any]):
    baseline = serializers.UUIDField(
        default=None, allow_null=True, help_text="Report of an earlier visit; null: the first one"
    )


class ChangeImages(APIView):
    """The comparison of the images of two visits, made by a worker."""

    @extend_schema(parameters=[BaselineSerializer], responses=ComparisonSerializer)
    def get(self, request: Request, report_id: UUID) -> Response:
        """Say how far the comparison is; whoever asks also wakes what was forgotten."""
        query = BaselineSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        report, baseline = pair_for(request.user, report_id, query.validated_data["baseline"])
        comparison = comparison_of(baseline.report, report)
        if comparison is None:
            raise Http404
        revive(comparison)
        return Response(ComparisonSerializer(comparison).data)

    @extend_schema(request=BaselineSerializer, responses={202: ComparisonSerializer})
    def post(self, request: Request, report_id: UUID) -> Response:
        """Have the images of two visits compared; the same two are compared once."""
        wanted = BaselineSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        report, baseline = pair_for(request.user, report_id, wanted.validated_data["baseline"])
        if not (has_images(baseline.report) and has_images(report)):
            raise PortalError(
                words(
                    "The images of these visits are not stored any more; their numbers are "
                    "compared."
                ),
                code="no-images",
                status=HTTPStatus.CONFLICT,
            )
        comparison = ask_for(signed_in(request), baseline.report, report)
        return Response(ComparisonSerializer(comparison).data, status=HTTPStatus.ACCEPTED)


class ComparisonVolume(FileView):
    @extend_schema(responses={(200, "application/gzip"): OpenApiTypes.BINARY})
    def get(self, request: Request, comparison_id: UUID, name: str) -> HttpResponseBase:
        """Return ``anatomy``, ``segments``, or ``pdff-change`` and its like, as NIfTI."""
        return served_volume(request._request, comparison_id, name)


class TrendFigure(APIView):
    @extend_schema(parameters=[HistogramQuerySerializer], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, report_id: UUID) -> Response:
        """Return a quantity over the subject's visits as a plotly figure."""
        query = HistogramQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        report = ordered_report_for(request.user, report_id)
        visits = visits_of(request.user, report)
        this = next(visit for visit in visits if visit.report.pk == report.pk)
        asked = query.validated_data
        figure = trend_figure(visits, this, asked["quantity"], asked["region"])
        if figure is None:
            raise Http404
        return Response(figure)
